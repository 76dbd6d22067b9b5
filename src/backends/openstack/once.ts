/** Writes that must not happen twice: sent once, and looked up when the answer is lost (house rule 3). */
import { CloudError } from "../../cloud/index.ts";
import { budget } from "./deadline.ts";
import { type JsonObject, parseObject } from "./json.ts";
import { Lost, type Operation } from "./pipeline/exchange.ts";
import type { Session } from "./session.ts";

/** Pauses before each look, milliseconds; a create that was under way shows within seconds or not at all. */
const LOOKS = [0, 250, 500, 1000, 2000, 3000, 3000] as const;
const LOOKING_MS = 15_000;

export interface Once<Made> {
  readonly operation: Operation;
  /** Whether the service answers with nothing. */
  readonly isEmpty?: boolean;
  readonly read: (answer: JsonObject) => Made;
  /** Finds what the write made; absent when nothing could tell. Gets a session that outlives the caller. */
  readonly find?: (session: Session) => Promise<Made | undefined>;
}

export async function once<Made>(session: Session, { operation, isEmpty, read, find }: Once<Made>): Promise<Made> {
  let text: string;
  try {
    ({ text } = await session.send(operation));
  } catch (thrown) {
    return recover(session, operation, find, thrown, howLost(operation, thrown));
  }
  try {
    return read(isEmpty === true ? {} : parseObject(text, `the answer to ${operation.name}`));
  } catch (thrown) {
    return recover(session, operation, find, thrown, "lost");
  }
}

/**
 * `lost`: nobody answered for the service, it may yet be at work. `fault`: the service itself gave up, and has mostly
 * made nothing, but now and then it has. `refused`: nothing was made.
 */
type Outcome = "lost" | "fault" | "refused";

function howLost({ service, method }: Operation, thrown: unknown): Outcome {
  if (!(thrown instanceof CloudError)) return "refused";
  if (thrown.cause instanceof Lost) return thrown.cause.wasSent ? "lost" : "refused";
  const { upstream } = thrown;
  if (upstream?.status === undefined || upstream.service !== service || upstream.method !== method) return "refused";
  if (upstream.status === 501 || (upstream.status < 500 && upstream.status !== 408)) return "refused";
  return upstream.status === 500 || upstream.status === 503 ? "fault" : "lost";
}

async function recover<Made>(
  session: Session,
  operation: Operation,
  find: Once<Made>["find"],
  thrown: unknown,
  outcome: Outcome,
): Promise<Made> {
  if (outcome === "refused") throw thrown;
  const found = find === undefined ? undefined : await look(session, find, outcome === "fault" ? 1 : LOOKS.length);
  if (found !== undefined) {
    session.log.warn({ operation: operation.name }, "the answer was lost, what it made was found");
    return found;
  }
  if (outcome === "fault") throw thrown;
  const upstream = thrown instanceof CloudError ? thrown.upstream : undefined;
  throw new CloudError("AMBIGUOUS", `${operation.name}: the answer was lost, and it may have been done or not`, {
    ...(upstream === undefined ? {} : { upstream }),
    cause: thrown,
  });
}

async function look<Made>(
  session: Session,
  find: (session: Session) => Promise<Made | undefined>,
  times: number,
): Promise<Made | undefined> {
  const { clock, closing } = session;
  const signal = budget(LOOKING_MS, closing);
  const detached = session.until(signal);
  for (const pause of LOOKS.slice(0, times)) {
    try {
      if (pause > 0) await clock.sleep(pause, signal);
      const found = await find(detached);
      if (found !== undefined) return found;
    } catch (thrown) {
      // What cut the answer may cut the look, too: the next one may come through.
      if (signal.aborted) return undefined;
      session.log.warn({ error: CloudError.from(thrown).message }, "looking for what a lost answer made failed");
    }
  }
  return undefined;
}
