import { CloudError } from "../../cloud/index.ts";
import type { Target } from "../operate/index.ts";
import type { Tasks } from "../operate/tasks.ts";
import type { Answer, Exchange, Operation } from "./exchange.ts";
import { type KeptRun, runKept } from "./keep.ts";
import { rehearseMembers } from "./members.ts";
import { isWriting, readPreferences } from "./prefer.ts";
import { accepted } from "./tasks.ts";

/** An operation as the client would have it: done now, done later, or only tried. */

export interface Performance extends KeptRun {
  readonly tasks: Tasks;
  readonly target: Target;
  readonly path: string;
}

export async function perform(run: Performance, operation: Operation, exchange: Exchange): Promise<Answer> {
  const { isAsync, isDry } = readPreferences(run.header("prefer"));
  if (!isWriting(run.method) || (!isAsync && !isDry)) return runKept(run, operation, exchange);
  return isDry ? rehearsalOf(run, exchange)(exchange) : later(run, operation, exchange);
}

/** Begins the work and says where to ask for its end; what the client sent is read and understood before. */
async function later(run: Performance, operation: Operation, exchange: Exchange): Promise<Answer> {
  const { tasks, method, path, warnings } = run;
  const { scope, absolute } = exchange;
  await exchange.messages();
  const id = await tasks.start(scope.call.cloud, `${method} ${path}`, warnings, async () => {
    const { about, headers = {} } = await runKept(run, operation, exchange);
    if (about !== undefined) return about;
    const made = scope.pathOf(headers.Location ?? "");
    if (made !== undefined) return [made];
    return method === "DELETE" ? [] : [path];
  });
  return accepted(id, absolute);
}

/** What would be created; a wish to leave anything else undone is refused, since doing it all the same would be worse. */
function rehearsalOf({ target, method }: Performance, { query }: Exchange): Operation {
  if (target.is === "members" && method === "POST" && query.action === undefined) {
    const { members } = target;
    if (members.mixin === undefined) return (exchange) => rehearseMembers(exchange, members);
  }
  throw new CloudError("UNSUPPORTED", "only a create can be tried without being done", { field: "prefer" });
}
