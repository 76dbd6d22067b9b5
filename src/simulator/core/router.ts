/** The routes of a service as a tree of path segments, compiled once. */
import type { Method, Route, Service } from "./types.ts";

interface Node {
  readonly fixed: Map<string, Node>;
  /** Below a `{parameter}`; each method's routes carry their own parameter names. */
  any: Node | undefined;
  readonly routes: Map<Method, Leaf[]>;
}

interface Leaf {
  readonly route: Route;
  readonly names: readonly string[];
}

/** What a path led to: routes of the method (several when microversions divide them), or only other methods. */
export type Match =
  | { readonly routes: readonly Leaf[]; readonly values: readonly string[] }
  | { readonly allowed: readonly Method[] };

function node(): Node {
  return { fixed: new Map(), any: undefined, routes: new Map() };
}

export class Router {
  readonly #root = node();

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#add(route);
  }

  #add(route: Route): void {
    let at = this.#root;
    const names: string[] = [];
    for (const segment of route.path.split("/").slice(1)) {
      if (segment.startsWith("{")) {
        names.push(segment.slice(1, -1));
        at = at.any ??= node();
      } else {
        const next = at.fixed.get(segment) ?? node();
        at.fixed.set(segment, next);
        at = next;
      }
    }
    const leaves = at.routes.get(route.method);
    if (leaves === undefined) at.routes.set(route.method, [{ route, names }]);
    else leaves.push({ route, names });
  }

  /** Undefined for a path that no method knows. Fixed segments win over parameters. */
  match(method: Method, path: string): Match | undefined {
    const values: string[] = [];
    const found = descend(this.#root, path.split("/"), 1, values);
    if (found === undefined) return undefined;
    const routes = found.routes.get(method);
    return routes === undefined ? { allowed: [...found.routes.keys()] } : { routes, values };
  }
}

function descend(at: Node, segments: readonly string[], index: number, values: string[]): Node | undefined {
  const segment = segments[index];
  if (segment === undefined) return at.routes.size > 0 ? at : undefined;
  const fixed = at.fixed.get(segment);
  if (fixed !== undefined) {
    const found = descend(fixed, segments, index + 1, values);
    if (found !== undefined) return found;
  }
  if (at.any === undefined || segment === "") return undefined;
  values.push(decode(segment));
  const found = descend(at.any, segments, index + 1, values);
  if (found === undefined) values.pop();
  return found;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

const projectId = /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** A path inside a service, brought to its first root; `root` is how the client wrote it, `project` what it named. */
export function normalize(service: Service, path: string): { path: string; root: string; project: string } {
  const root = service.roots.find((one) => path === one || path.startsWith(`${one}/`));
  const [first = ""] = service.roots;
  if (root === undefined) return { path, root: first, project: "" };
  let rest = path.slice(root.length);
  let written = root;
  let project = "";
  if (service.projectInPath === true) {
    const end = rest.indexOf("/", 1);
    const segment = rest.slice(1, end === -1 ? undefined : end);
    if (end !== -1 && projectId.test(segment)) {
      project = segment;
      written = `${root}/${segment}`;
      rest = rest.slice(end);
    }
  }
  return { path: first + rest, root: written, project };
}
