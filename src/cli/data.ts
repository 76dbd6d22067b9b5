/** The request that a command line carries: as it stands there, in a file, or on standard input. */
import { readFileSync, statSync } from "node:fs";
import { type Input, type Io, UsageError } from "./verb.ts";

/** Reads the third argument or `--data`; nothing is an empty request. */
export async function readData(input: Input, io: Io, limit: number): Promise<unknown> {
  const argument = input.arguments[2];
  const option = input.text("data");
  if (argument !== undefined && option !== undefined) throw new UsageError("<json> and --data: say one of them");
  const word = argument ?? option ?? "{}";
  const [source, text] = await read(word, io, limit);
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The engine's message repeats the text, which may hold what is nobody's business.
    const at = /position \d+(?: \(line \d+ column \d+\))?/.exec(cause instanceof Error ? cause.message : "")?.[0];
    throw new UsageError(`${source}: not JSON${at === undefined ? "" : ` at ${at}`}`);
  }
}

async function read(word: string, io: Io, limit: number): Promise<readonly [source: string, text: string]> {
  if (word === "-" || word === "@-") return ["standard input", await readAll(io, limit)];
  if (!word.startsWith("@")) return ["the request", word];
  const path = word.slice(1);
  try {
    if (statSync(path).size > limit) throw new UsageError(`${path}: has more than ${limit} bytes`);
    return [path, readFileSync(path, "utf8")];
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

async function readAll({ stdin }: Io, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > limit) throw new UsageError(`standard input: has more than ${limit} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}
