import { CloudError, type Json, type Keeping, type Writes } from "../../cloud/index.ts";
import { asText } from "../message.ts";
import { notAcceptable } from "../refusal.ts";
import type { Rendered, Rendering } from "../render/rendering.ts";
import { choose } from "./answer.ts";
import type { Answer, Exchange, Operation } from "./exchange.ts";
import type { Acceptable } from "./negotiate.ts";

/** Writes run with an account, and those with an `Idempotency-Key` are answered once. */

export interface KeptRun {
  readonly writes: Writes;
  readonly method: string;
  readonly header: (name: string) => string | undefined;
  readonly url: string;
  /** What was and will be told beside the answer. */
  readonly warnings: string[];
}

/** What a write said, and the warnings with it. */
interface Told {
  readonly answer: Answer;
  readonly warnings: readonly string[];
}

const READS = new Set(["GET", "HEAD"]);

export async function runKept(run: KeptRun, operation: Operation, exchange: Exchange): Promise<Answer> {
  const { writes, warnings } = run;
  const { scope, acceptable } = exchange;
  const { call } = scope;
  if (READS.has(run.method)) {
    writes.welcome(call.cloud);
    return operation(exchange);
  }
  const write = {
    operation: call.operation,
    requestId: call.requestId,
    cloud: call.cloud,
    key: run.header("idempotency-key"),
    // The answer comes back as it was rendered, so that who asks for another rendering asks for something else.
    said: async () => [run.url, run.header("accept") ?? "", asText(await exchange.messages())],
  };
  const work = async (cloud: typeof call.cloud): Promise<Told> => {
    const answer = await operation({ ...exchange, scope: { ...scope, call: { ...call, cloud } } });
    return { answer, warnings: [...warnings] };
  };
  const { answer: told, isReplayed } = await writes.run(write, work, keepingOf(acceptable));
  if (!isReplayed) return told.answer;
  warnings.push(...told.warnings);
  return { ...told.answer, headers: { ...told.answer.headers, "Idempotency-Replayed": "true" } };
}

/** An answer is kept as the client got it. No rendering shows a secret: what is one is never read back from the cloud. */
function keepingOf(acceptable: readonly Acceptable[]): Keeping<Told> {
  return {
    async pack({ answer, warnings }) {
      let name = "";
      const render = (rendering: Rendering): Rendered | Promise<Rendered> => {
        name = rendering.name;
        return answer.render(rendering);
      };
      const { rendered } = await choose({ ...answer, render }, acceptable);
      if (typeof rendered.body !== "string") throw new CloudError("INTERNAL", "a write was answered with a stream");
      const { status, headers = {}, isDone = false } = answer;
      return { status, headers, isDone, name, rendered: { headers: rendered.headers, body: rendered.body }, warnings };
    },
    unpack(kept) {
      const { status, headers, isDone, name, rendered, warnings } = kept;
      const parts = membersOf(rendered);
      const again: Rendered = { headers: textsOf(parts.get("headers")), body: String(parts.get("body") ?? "") };
      return {
        answer: {
          status: Number(status),
          headers: textsOf(headers),
          isDone: isDone === true,
          render(rendering) {
            if (rendering.name !== name) throw notAcceptable("the answer was given in another rendering");
            return again;
          },
        },
        warnings: Array.isArray(warnings) ? warnings.filter((one) => typeof one === "string") : [],
      };
    },
  };
}

function membersOf(value: Json | undefined): ReadonlyMap<string, Json> {
  return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
}

function textsOf(value: Json | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries([...membersOf(value)].map(([name, text]) => [name, String(text)]));
}
