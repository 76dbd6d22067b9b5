import { CloudError } from "../../cloud/index.ts";
import { EMPTY_MESSAGE } from "../message.ts";
import type { Target } from "../operate/index.ts";
import { methodNotAllowed } from "../refusal.ts";
import { isConditional, requireForWrite, requireMatch } from "./conditions.ts";
import { addMixins, deleteMixins, discover } from "./discovery.ts";
import { actOnOne, readOne, refusePath, removeOne, updateOne } from "./entities.ts";
import type { Exchange, Operation } from "./exchange.ts";
import {
  actOnAll,
  addMembers,
  createMembers,
  deleteMembers,
  leaveMembers,
  listMembers,
  nothingHere,
  setMembers,
} from "./members.ts";
import { readTask } from "./tasks.ts";

type Method = "GET" | "PUT" | "POST" | "DELETE";

/** What can be done with a path, by method; HEAD is GET without the body. */
export type Routes = Readonly<Partial<Record<Method, Operation>>>;

export function routesOf(target: Target): Routes {
  switch (target.is) {
    case "discovery":
      return guarded(discover, { POST: addMixins, DELETE: deleteMixins });
    case "members": {
      const { members } = target;
      const isMixin = members.mixin !== undefined && members.isPrefix !== true;
      const list: Operation = (exchange) => listMembers(exchange, members);
      const post = isMixin ? addMembers : createMembers;
      return guarded(list, {
        POST: (exchange) => (exchange.query.action === undefined ? post : actOnAll)(exchange, members),
        ...(isMixin ? { PUT: (exchange: Exchange) => setMembers(exchange, members) } : {}),
        DELETE: (exchange) => (isMixin ? leaveMembers : deleteMembers)(exchange, members),
      });
    }
    case "entity": {
      const { collection, id } = target;
      return guarded((exchange) => readOne(exchange, collection, id), {
        PUT: (exchange) => updateOne(exchange, collection, id, true),
        POST: (exchange) =>
          exchange.query.action === undefined
            ? updateOne(exchange, collection, id, false)
            : actOnOne(exchange, collection, id),
        DELETE: (exchange) => removeOne(exchange, collection, id),
      });
    }
    case "task": {
      const { id } = target;
      return { GET: (exchange) => readTask(exchange, id) };
    }
    case "nothing":
      return { GET: nothing, PUT: () => Promise.reject(refusePath()), POST: nothing, DELETE: nothing };
  }
}

/** A read, and the writes that are held against what it shows when the client sets conditions. */
function guarded(read: Operation, writes: Routes): Routes {
  const guard = (write: Operation): Operation => {
    return async (exchange) => {
      const { conditions } = exchange;
      if (!isConditional(conditions)) return write(exchange);
      return exchange.alone(async () => {
        await requireForWrite(conditions, await presentOf(exchange, read));
        return write(exchange);
      });
    };
  };
  const { PUT, POST, DELETE } = writes;
  return {
    GET: async (exchange) => {
      const answer = await read(exchange);
      await requireMatch(exchange.conditions, answer.render);
      return answer;
    },
    ...(PUT === undefined ? {} : { PUT: guard(PUT) }),
    ...(POST === undefined ? {} : { POST: guard(POST) }),
    ...(DELETE === undefined ? {} : { DELETE: guard(DELETE) }),
  };
}

/** What a read without filters would show. Nothing is there is what `If-None-Match` may want; with `If-Match` it is the refusal. */
async function presentOf(exchange: Exchange, read: Operation) {
  try {
    const { render } = await read({ ...exchange, filters: async () => EMPTY_MESSAGE });
    return render;
  } catch (thrown) {
    if (exchange.conditions.ifMatch === undefined && CloudError.is(thrown, "NOT_FOUND")) return undefined;
    throw thrown;
  }
}

const nothing: Operation = () => Promise.reject(nothingHere());

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
