/**
 * Lists that are asked for again while nothing has changed: clients poll. The second time an answer is rendered once and for
 * all, from the third on its bytes are sent. Any change of the world forgets them.
 */
import type { World } from "../world.ts";
import type { Answer, Call } from "./types.ts";

interface Memory {
  readonly revision: number;
  readonly answers: Map<string, Answer>;
}

const memories = new WeakMap<World, Memory>();
/** Answers remembered at most, of one state of the world. */
const most = 64;

/** What `make` answers, which may depend on rows, caller, version and query, and not on the time. */
export function remembered(call: Call, make: () => Answer): Answer {
  const { world, actor, version, root, path, search } = call;
  // The root as the client wrote it stands for the host that links lead to.
  const key = [actor.tokenId, version, root, path, search].join(" ");
  const known = memories.get(world);
  const before = known?.revision === world.revision ? known.answers.get(key) : undefined;
  if (before === undefined) {
    const answer = make();
    const { revision } = world;
    // To make it may have changed the world (Neutron's default group).
    const memory = known?.revision === revision ? known : { revision, answers: new Map<string, Answer>() };
    if (memory.answers.size < most) memory.answers.set(key, answer);
    memories.set(world, memory);
    return answer;
  }
  if (before.body instanceof Uint8Array) return before;
  const body = Buffer.from(JSON.stringify(before.body));
  const bytes = { ...before, body, headers: { "content-type": "application/json", ...before.headers } };
  known?.answers.set(key, bytes);
  return bytes;
}
