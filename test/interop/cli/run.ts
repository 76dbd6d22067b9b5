/**
 * Journeys of python-openstackclient, as plain text: one command a line, without its first word.
 *
 * `# …` is a comment · `! …` is refused by every OpenStack · `name = …` keeps what is printed as `$name` · `admin: …` is done by
 * another of the clouds than the member's · `until WORD: …` is repeated until the word is printed (`gone`: until it fails) ·
 * `debian| …` is only for that client.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Step {
  /** The line as it was written. */
  readonly line: string;
  readonly as: string;
  readonly run: string;
  readonly fails: boolean;
  readonly keep?: string;
  readonly until?: string;
}

/** What one command gave. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const form = new RegExp(
  [
    /^(?:(?<only>\w+)\| )?/,
    /(?:(?<fails>!) )?/,
    /(?:(?<keep>\w+) = )?/,
    /(?:until (?<until>[-\w]+): )?/,
    /(?:(?<as>\w+): )?/,
    /(?<run>.+)$/,
  ]
    .map(({ source }) => source)
    .join(""),
);

/** The steps of `journeys/<name>.txt` for a client. */
export function readJourney(name: string, client: string): Step[] {
  const source = readFileSync(join(import.meta.dirname, "journeys", `${name}.txt`), "utf8");
  return source.split("\n").flatMap((line) => {
    if (line === "" || line.startsWith("#")) return [];
    const { only = client, fails, keep, until, as = "member", run = "" } = form.exec(line)?.groups ?? {};
    const more = { ...(keep === undefined ? {} : { keep }), ...(until === undefined ? {} : { until }) };
    return only === client ? [{ line, as, run, fails: fails !== undefined, ...more }] : [];
  });
}

export interface Journey {
  /** The Python that has the client. */
  readonly python: string;
  /** Where commands find and leave their files, among them clouds.yaml. */
  readonly folder: string;
  readonly steps: readonly Step[];
  /** Each shell's arguments. */
  readonly shells: Readonly<Record<string, readonly string[]>>;
  /** Seconds that a command or a state may take. */
  readonly patience: number;
  /** What `$name` stands for in all steps. */
  readonly names: Readonly<Record<string, string>>;
}

/** All outcomes, in the order of the steps; fewer when the client itself broke off, with the last one saying why. */
export function travel({ python, folder, ...plan }: Journey): Promise<readonly Outcome[]> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(OS_|PYTHON)/.test(name));
  const env = { ...Object.fromEntries(inherited), PYTHONWARNINGS: "ignore", OS_CLIENT_CONFIG_FILE: "clouds.yaml" };
  return new Promise((resolve, reject) => {
    const child = spawn(python, [join(import.meta.dirname, "driver.py")], { cwd: folder, env });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.on("error", reject);
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("close", (code) => {
      const lines = Buffer.concat(out).toString().split("\n").slice(0, -1);
      const outcomes = lines.map((line): Outcome => JSON.parse(line));
      const broken = { code: code ?? -1, out: "", err: Buffer.concat(err).toString() };
      resolve(code === 0 ? outcomes : [...outcomes, broken]);
    });
    child.stdin.end(JSON.stringify(plan));
  });
}
