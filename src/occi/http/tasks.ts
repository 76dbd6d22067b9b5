import { CloudError } from "../../cloud/index.ts";
import { getEntity, TASKS, targetOf } from "../operate/index.ts";
import type { Found } from "../render/rendering.ts";
import type { Answer, Exchange } from "./exchange.ts";

/** What a client polls after 202 (GFD.185 §3.6.3). */

const POLL = { "Retry-After": "1" };
const APPLIED = { "Preference-Applied": "respond-async" };

export function accepted(id: string, absolute: Exchange["absolute"]): Answer {
  const headers = { Location: absolute(TASKS + id), ...POLL, ...APPLIED };
  return { status: 202, isDone: true, headers, render: (rendering) => rendering.done() };
}

/** 202 while it runs, then 301 to the one thing that it was about, the list of several, or the error that it ended in. */
export async function readTask(exchange: Exchange, id: string): Promise<Answer> {
  const { scope, absolute, taskOf } = exchange;
  const task = await taskOf(id);
  if (task.is === "running") return { ...accepted(id, absolute), headers: POLL };
  if (task.is === "lost") {
    const message = `the gateway ended before ${task.operation} did: what was begun is finished or taken back, look there`;
    throw new CloudError("AMBIGUOUS", message);
  }
  for (const warning of task.warnings) scope.call.warn(warning);
  if (task.is === "failed") throw task.error;
  const [path, ...others] = task.paths;
  if (path === undefined) return { status: 200, isDone: true, render: (rendering) => rendering.done() };
  if (others.length === 0) {
    return {
      status: 301,
      isDone: true,
      headers: { Location: absolute(path) },
      render: (rendering) => rendering.done(),
    };
  }
  return {
    status: 200,
    isDone: true,
    render: (rendering) => rendering.collection(foundOf(exchange, task.paths), absolute),
  };
}

function foundOf({ scope }: Exchange, paths: readonly string[]): Found {
  async function* all() {
    yield paths;
  }
  async function* entities() {
    for (const path of paths) {
      const target = targetOf(path);
      if (target.is === "entity") yield [await getEntity(scope, target.collection, target.id)];
    }
  }
  return { paths: all, entities, hasResources: true, hasLinks: true };
}
