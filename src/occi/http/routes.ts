import { CloudError } from "../../cloud/index.ts";
import { methodNotAllowed } from "../refusal.ts";
import { isKnown, requireForWrite, requireMatch } from "./conditions.ts";
import { defineMixin, discover, removeMixin } from "./discovery.ts";
import { actOnEntity, deleteEntity, readEntity, refusePath, updateEntity } from "./entities.ts";
import { NOT_MODIFIED, type Operation } from "./exchange.ts";
import { actOnMembers, createMembers, deleteMembers, listMembers } from "./members.ts";
import type { Target } from "./target.ts";

type Method = "GET" | "PUT" | "POST" | "DELETE";

/** What can be done with a path, by method; HEAD is GET without the body. */
export type Routes = Readonly<Partial<Record<Method, Operation>>>;

export interface RouteOptions {
  /** Whether whole collections may be deleted. */
  readonly anyDelete: boolean;
}

export function routesOf(target: Target, { anyDelete }: RouteOptions): Routes {
  switch (target.is) {
    case "discovery":
      return { GET: untagged(discover, true), POST: untagged(defineMixin), DELETE: untagged(removeMixin) };
    case "members": {
      const { members } = target;
      return {
        GET: untagged((exchange) => listMembers(exchange, members), true),
        POST: untagged((exchange) =>
          exchange.query.action === undefined ? createMembers(exchange, members) : actOnMembers(exchange, members),
        ),
        DELETE: untagged((exchange) => deleteMembers(exchange, members, anyDelete)),
      };
    }
    case "entity": {
      const { collection, id } = target;
      return {
        GET: (exchange) => readEntity(exchange, collection, id),
        PUT: (exchange) => updateEntity(exchange, collection, id, true),
        POST: (exchange) =>
          exchange.query.action === undefined
            ? updateEntity(exchange, collection, id, false)
            : actOnEntity(exchange, collection, id),
        DELETE: (exchange) => deleteEntity(exchange, collection, id),
      };
    }
    case "nothing":
      return { GET: nothing, PUT: () => Promise.reject(refusePath()), POST: nothing, DELETE: nothing };
  }
}

/** What has no tag is there all the same: `*` is true of it, and no tag is. */
function untagged(operation: Operation, isRead = false): Operation {
  return async (exchange) => {
    const { conditions } = exchange;
    requireMatch(conditions, undefined);
    if (isRead && isKnown(conditions, [])) return NOT_MODIFIED;
    requireForWrite(conditions, undefined);
    return operation(exchange);
  };
}

const nothing: Operation = () => Promise.reject(new CloudError("NOT_FOUND", "nothing is bound to this path"));

/** The words of `Allow`, in a fixed order. */
export function allowed(routes: Routes): readonly string[] {
  const methods = Object.keys(routes);
  return [...(methods.includes("GET") ? ["GET", "HEAD"] : []), ...methods.filter((m) => m !== "GET"), "OPTIONS"];
}

export function operationFor(routes: Routes, method: string): Operation {
  const name = method === "HEAD" ? "GET" : method;
  const operation = isMethod(name) ? routes[name] : undefined;
  if (operation === undefined) throw methodNotAllowed(method, allowed(routes));
  return operation;
}

function isMethod(name: string): name is Method {
  return name === "GET" || name === "PUT" || name === "POST" || name === "DELETE";
}
