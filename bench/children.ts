/** Processes that are measured: started, waited for, asked for their memory and processor time, stopped by their id. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..");

export interface Child {
  readonly pid: number;
  /** What it said when it was ready. */
  readonly said: RegExpExecArray;
  /** From the start to these words. */
  readonly milliseconds: number;
  /** Of its own process, or of the one that it started with these words in its command line. */
  residentMiB(words?: string): number;
  peakMiB(): number;
  /** Processor time of all threads so far. */
  cpuSeconds(): number;
  /** Sends a message and awaits the answer; only for processes of this folder. */
  ask(message: unknown): Promise<unknown>;
  stop(): Promise<void>;
  /** Ends as programs do that are asked to: Node writes its compile cache only then. */
  end(): Promise<void>;
}

export interface StartOptions {
  readonly ready: RegExp;
  readonly command?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const READY_DEADLINE = 60_000;

/** They are in groups of their own and would outlive this process when it is interrupted. */
const running = new Set<number>();
process.on("exit", () => {
  for (const pid of running) {
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It ended just now.
    }
  }
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

/** Starts Node with these arguments (or another command) and waits for its words on standard output. */
export async function start(args: readonly string[], options: StartOptions): Promise<Child> {
  const from = performance.now();
  const isNode = options.command === undefined;
  const spawned: SpawnOptions = {
    cwd: ROOT,
    env: { ...withoutClouds(process.env), ...options.env },
    stdio: [
      "ignore",
      "pipe",
      process.env.BENCH_STDERR === "1" ? "inherit" : "ignore",
      ...(isNode ? ["ipc" as const] : []),
    ],
    detached: true,
  };
  const child = spawn(options.command ?? process.execPath, [...args], spawned);
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${args.join(" ")}`);
  running.add(pid);
  child.once("exit", () => running.delete(pid));
  const said = await words(child, options.ready, args.join(" "));
  const milliseconds = performance.now() - from;
  return {
    pid,
    said,
    milliseconds,
    residentMiB: (text) => memory(text === undefined ? pid : descendant(pid, text), "VmRSS"),
    peakMiB: () => memory(pid, "VmHWM"),
    cpuSeconds: () => cpuSeconds(pid),
    ask: (message) => ask(child, message),
    stop: () => stop(child, "SIGKILL"),
    end: () => stop(child, "SIGTERM"),
  };
}

/** No cloud of whoever runs this is to be met by chance. */
function withoutClouds(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(?:OS|VIMANA)_/.test(name)));
}

function words(child: ChildProcess, ready: RegExp, what: string): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => reject(new Error(`${what}: not ready in time: ${text}`)), READY_DEADLINE);
    child.once("exit", (code) => reject(new Error(`${what}: ended with ${code}: ${text}`)));
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const said = ready.exec(text);
      if (said === null) return;
      clearTimeout(timer);
      resolve(said);
    });
  });
}

async function ask(child: ChildProcess, message: unknown): Promise<unknown> {
  const answer = once(child, "message");
  child.send(message as object);
  const [said] = await answer;
  return said;
}

async function stop(child: ChildProcess, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, "exit");
  // Its whole group: npm's children outlive npm otherwise.
  process.kill(-child.pid, signal);
  await ended;
}

function memory(pid: number, field: "VmRSS" | "VmHWM"): number {
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}

function cpuSeconds(pid: number): number {
  let nanoseconds = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ", 1)[0]);
  }
  return nanoseconds / 1e9;
}

/** The process below this one whose command line is Node with these words in it. */
function descendant(pid: number, text: string): number {
  const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  if (/node$/.test(line[0] ?? "") && line.includes(text)) return pid;
  for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean)) {
    const found = descendant(Number(child), text);
    if (found !== 0) return found;
  }
  return 0;
}
