/** The command line, run in the test's own process. */
import { Readable } from "node:stream";
import { run } from "../../src/cli/run.ts";
import { VERBS } from "../../src/cli/verbs.ts";
import type { Clock } from "../../src/cloud/index.ts";

export interface Ran {
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

export interface Surroundings {
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: string;
  readonly clock?: Clock;
}

export async function vimana(
  args: readonly string[],
  { env = {}, stdin = "", clock }: Surroundings = {},
): Promise<Ran> {
  let [out, err] = ["", ""];
  const code = await run(args, {
    verbs: VERBS,
    env,
    stdin: Readable.from([Buffer.from(stdin)]),
    isTerminal: false,
    ...(clock === undefined ? {} : { clock }),
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}
