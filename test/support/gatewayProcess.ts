/** The gateway as its own process, in front of clouds that a file of its own names. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SimulatedCloud } from "../../src/simulator/index.ts";
import { keepSaid, listenAt } from "./canaryFolder.ts";

export interface GatewayProcess {
  /** host:port */
  readonly grpc: string;
  readonly http: string;
  readonly occi: string;
  readonly child: ChildProcess;
  /** Everything that it wrote so far, on both channels. */
  said(): string;
  /** Ends it as an operator would; its exit code. */
  stop(): Promise<number | null>;
}

export interface ProcessOptions {
  readonly clouds: Readonly<Record<string, SimulatedCloud>>;
  /** The one that callers without credentials use. */
  readonly cloud: string;
  readonly flags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Words before `node`, such as a shell that sets limits. */
  readonly wrapper?: readonly string[];
}

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");

/** Fulfilled when it takes calls; rejects with what it said when it ends before. */
export async function startGatewayProcess(options: ProcessOptions): Promise<GatewayProcess> {
  const folder = mkdtempSync(join(tmpdir(), "vimana-process-"));
  const file = join(folder, "clouds.yaml");
  const clouds = Object.fromEntries(
    Object.entries(options.clouds).map(([name, { region_name, ...auth }]) => [name, { auth, region_name }]),
  );
  writeFileSync(file, JSON.stringify({ clouds }), { mode: 0o600 });
  const ports = ["grpc", "http", "occi"].flatMap((door) => [`--${door}-port`, "0"]);
  const who = ["--cloud", options.cloud, "--anonymous-cloud", options.cloud];
  const words = [process.execPath, MAIN, "serve", ...ports, ...who, "--log-level", "debug", ...(options.flags ?? [])];
  const [program = "", ...args] = [...(options.wrapper ?? []), ...words];
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, OS_CLIENT_CONFIG_FILE: file, VIMANA_DATA_DIR: "memory", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const ready = new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      text += chunk.toString("utf8");
      if (/OCCI +\S+\n.*\n\n/s.test(text)) resolve();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("error", reject);
    ended.then((code) => reject(new Error(`the gateway ended with ${code}: ${text}`)), reject);
  });
  ready.catch(() => {});
  await ready.catch((thrown: unknown) => {
    rmSync(folder, { recursive: true });
    throw thrown;
  });
  const door = (name: string): string => new RegExp(`^ +${name} +(\\S+)$`, "m").exec(text)?.[1] ?? "";
  listenAt([door("HTTP"), door("OCCI")]);
  return {
    grpc: door("gRPC"),
    http: door("HTTP"),
    occi: door("OCCI"),
    child,
    said: () => text,
    async stop() {
      child.kill("SIGTERM");
      const code = await ended;
      keepSaid(text);
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}
