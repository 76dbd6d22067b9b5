/** What the tests of Nova's servers share: a member of each tenant and an administrator, and a short way to boot. */
import type { SimulatorOptions } from "../../../src/simulator/index.ts";
import { at, items, type Reply, type Rig, startRig } from "../simulator/rig.ts";

export interface Cloud extends Rig {
  readonly demo: string;
  readonly other: string;
  readonly admin: string;
  /** Asks Nova; `version` is a microversion such as 2.47, and none when it is left out. */
  nova(token: string, method: string, path: string, body?: unknown, version?: string): Promise<Reply>;
  /** The body of a POST that boots the small image on the small flavor, with whatever else is wanted. */
  wanted(more?: Readonly<Record<string, unknown>>): { readonly server: Readonly<Record<string, unknown>> };
  /** Boots a server and returns its id. */
  boot(token: string, more?: Readonly<Record<string, unknown>>, version?: string): Promise<string>;
  act(token: string, id: string, action: unknown, version?: string): Promise<Reply>;
  /** The server as `token` sees it; its members are read by `at(…, 'server', …)`. */
  server(token: string, id: string, version?: string): Promise<Reply>;
  status(token: string, id: string): Promise<unknown>;
}

export async function startCloud(options: SimulatorOptions = {}): Promise<Cloud> {
  const rig = await startRig(options);
  const [demo, other, admin] = await Promise.all([rig.login("demo"), rig.login("other"), rig.login("admin")]);
  const images = await rig.ask(demo, "/image/v2/images?name=cirros");
  const imageRef = at(items(images.json, "images")[0], "id");
  const nova: Cloud["nova"] = (token, method, path, body, version) =>
    rig.ask(token, `/compute/v2.1${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
      ...(version === undefined ? {} : { headers: { "openstack-api-version": `compute ${version}` } }),
    });
  const wanted: Cloud["wanted"] = (more = {}) => ({ server: { name: "one", imageRef, flavorRef: "1", ...more } });
  const server: Cloud["server"] = (token, id, version) => nova(token, "GET", `/servers/${id}`, undefined, version);
  return {
    ...rig,
    demo,
    other,
    admin,
    nova,
    wanted,
    server,
    async boot(token, more, version) {
      const made = await nova(token, "POST", "/servers", wanted(more), version);
      if (made.status !== 202) throw new Error(`boot was answered with ${made.status}: ${made.text}`);
      return String(at(made.json, "server", "id"));
    },
    act: (token, id, action, version) => nova(token, "POST", `/servers/${id}/action`, action, version),
    async status(token, id) {
      return at((await server(token, id)).json, "server", "status");
    },
  };
}

/** Word and sentence of Nova's fault. */
export function fault(reply: Reply): readonly [number, unknown] {
  const [body] = typeof reply.json === "object" && reply.json !== null ? Object.values(reply.json) : [];
  return [reply.status, at(body, "message")];
}
