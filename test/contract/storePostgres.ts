import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { eventually } from "../support/eventually.ts";

/** A real PostgreSQL server of the machine's own binaries, on loopback, in a directory that goes with it. */

const DEBIAN = "/usr/lib/postgresql";
const USER = "vimana";
const PASSWORD = "p@ss/word";

export const POSTGRES_BINARIES = existsSync(DEBIAN)
  ? readdirSync(DEBIAN)
      .map((version) => join(DEBIAN, version, "bin"))
      .findLast((bin) => existsSync(join(bin, "initdb")) && existsSync(join(bin, "postgres")))
  : undefined;

export interface PostgresServer {
  /** A new, empty database. */
  createDatabase(encoding?: "UTF8" | "LATIN1"): Promise<string>;
  /** For what a store does not offer: SQL on one of the databases. */
  run(url: string, text: string): Promise<void>;
  /** As when the machine loses power: no process has time for anything. */
  crash(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The server refuses to run as root. */
function whoRuns(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

export async function startPostgres(bin: string): Promise<PostgresServer> {
  const who = whoRuns();
  const home = mkdtempSync(join(tmpdir(), "vimana-postgres-"));
  const data = join(home, "data");
  const passwordFile = join(home, "password");
  writeFileSync(passwordFile, PASSWORD, { mode: 0o600 });
  for (const path of [home, passwordFile]) chownSync(path, who.uid ?? -1, who.gid ?? -1);
  const init = ["-D", data, "-U", USER, "--auth=scram-sha-256", `--pwfile=${passwordFile}`, "--encoding=UTF8"];
  execFileSync(join(bin, "initdb"), [...init, "--locale=C", "--no-sync"], { ...who, cwd: home, stdio: "pipe" });

  // A database that sorts as people do, as most of them are set up; the store's order must not depend on it.
  const hasIcu = Number(/\/(\d+)\/bin$/.exec(bin)?.[1]) >= 15;
  const collation = hasIcu ? "LOCALE_PROVIDER icu ICU_LOCALE 'en'" : "";
  const port = await freePort();
  const url = (database: string): string =>
    `postgres://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${database}`;
  let server: ChildProcess | undefined;
  let databases = 0;

  const run = async (at: string, text: string): Promise<void> => {
    const client = new Client({ connectionString: at });
    try {
      await client.connect();
      await client.query(text);
    } finally {
      await client.end();
    }
  };
  const start = async (): Promise<void> => {
    // Without waiting for the disk: what is killed here are processes, never the machine.
    const options = ["-D", data, "-p", String(port), "-k", home, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"];
    server = spawn(join(bin, "postgres"), options, { ...who, cwd: home, stdio: "ignore" });
    const answers = (): Promise<boolean> =>
      run(url("postgres"), "SELECT 1").then(
        () => true,
        () => false,
      );
    await eventually(answers, (isUp) => isUp || server?.exitCode !== null);
    if (server.exitCode !== null) throw new Error(`postgres ended with ${server.exitCode}`);
  };
  const end = async (signal: "SIGQUIT" | "SIGINT"): Promise<void> => {
    const ended = new Promise((resolve) => server?.once("exit", resolve));
    server?.kill(signal);
    await ended;
  };
  await start();
  return {
    async createDatabase(encoding = "UTF8") {
      const name = `store_${++databases}`;
      await run(url("postgres"), `CREATE DATABASE ${name} TEMPLATE template0 ENCODING '${encoding}' ${collation}`);
      return url(name);
    },
    run,
    start,
    // Immediate shutdown: every process leaves without a checkpoint, and the next start recovers from the log.
    crash: () => end("SIGQUIT"),
    async stop() {
      await end("SIGINT");
      rmSync(home, { recursive: true, force: true });
    },
  };
}
