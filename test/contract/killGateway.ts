import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Simulator } from "../../src/simulator/index.ts";

/** The gateway as a process of its own, to be killed; the cloud in front of which it stands lives on. */

const MAIN = new URL("../../src/cli/main.ts", import.meta.url).pathname;

export interface Doors {
  readonly grpc: string;
  readonly http: string;
  readonly occi: string;
}

export interface GatewayProcess {
  /** Nothing while it is dead or not ready yet. */
  readonly doors: Doors | undefined;
  start(): Promise<void>;
  /** As by `kill -9`; done when the process is no more. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface GatewayPlace {
  /** A folder of the drill's own. */
  readonly home: string;
  readonly simulator: Simulator;
  readonly store: readonly string[];
}

export function gatewayProcess({ home, simulator, store }: GatewayPlace): GatewayProcess {
  mkdirSync(home, { recursive: true });
  const clouds = join(home, "clouds.yaml");
  writeFileSync(clouds, JSON.stringify(cloudsYaml(simulator)), { mode: 0o600 });
  const ports = ["grpc", "http", "occi"].flatMap((door) => [`--${door}-port`, "0"]);
  const flags = ["serve", ...ports, "--cloud", "demo", "--recovery-settle", "1", "--log-level", "silent", ...store];
  let child: ChildProcess | undefined;
  let doors: Doors | undefined;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    doors = undefined;
    const dying = child;
    if (dying === undefined || dying.exitCode !== null || dying.signalCode !== null) return;
    const isOver = new Promise((resolve) => dying.once("exit", resolve));
    dying.kill(signal);
    await isOver;
  };
  return {
    get doors() {
      return doors;
    },
    async start() {
      const env = { PATH: process.env.PATH, HOME: home, OS_CLIENT_CONFIG_FILE: clouds };
      const started = spawn(process.execPath, [MAIN, ...flags], { env, stdio: ["ignore", "pipe", "inherit"] });
      child = started;
      doors = await readDoors(started);
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
}

function cloudsYaml(simulator: Simulator): object {
  const entries = Object.entries(simulator.clouds()).map(([name, { region_name, ...auth }]) => [
    name,
    { region_name, auth },
  ]);
  return { clouds: Object.fromEntries(entries) };
}

function readDoors({ stdout }: ChildProcess): Promise<Doors> {
  return new Promise((resolve, reject) => {
    if (stdout === null) throw new Error("no output");
    const found = new Map<string, string>();
    const lines = createInterface(stdout);
    lines.on("line", (line) => {
      const [, door, address] = /^ {2}(gRPC|HTTP|OCCI) +(\S+)$/.exec(line) ?? [];
      if (door !== undefined && address !== undefined) found.set(door, address);
      const [grpc, http, occi] = ["gRPC", "HTTP", "OCCI"].map((name) => found.get(name));
      if (grpc !== undefined && http !== undefined && occi !== undefined) resolve({ grpc, http, occi });
    });
    lines.once("close", () => reject(new Error("the gateway ended before it was ready")));
  });
}
