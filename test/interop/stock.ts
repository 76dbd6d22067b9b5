/** What the tests of clients that we did not write share: where those clients are, and how they are told of a cloud. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { CloudConfig } from "../../src/backends/openstack/index.ts";
import type { Row } from "../../src/simulator/core/json.ts";
import { type Profile, type SimulatedCloud, type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { securityGroups } from "../../src/simulator/neutron/tables.ts";

/** One entry of a clouds.yaml. */
export interface CloudEntry {
  readonly auth: Readonly<Record<string, string>>;
  readonly region_name: string;
  readonly identity_api_version: 3;
}

function simulatedEntry({ region_name, ...auth }: SimulatedCloud): CloudEntry {
  return { auth, region_name, identity_api_version: 3 };
}

/** A configured cloud whose user signs in by password, by names. */
export function configuredEntry({ name, authUrl, auth, region = "" }: CloudConfig): CloudEntry {
  if (auth?.method !== "password") throw new Error(`cloud ${name}: tests sign in by password`);
  const { user, project, password } = auth;
  if (!("name" in user) || project === undefined || !("name" in project))
    throw new Error(`cloud ${name}: tests sign in by names of user and project`);
  const domain = (kind: string, of: { readonly id: string } | { readonly name: string }) =>
    "id" in of ? { [`${kind}_domain_id`]: of.id } : { [`${kind}_domain_name`]: of.name };
  return {
    auth: {
      auth_url: authUrl,
      username: user.name,
      password: password.reveal(),
      project_name: project.name,
      ...domain("user", user.domain),
      ...domain("project", project.domain),
    },
    region_name: region,
    identity_api_version: 3,
  };
}

/** An empty folder with a clouds.yaml (JSON is YAML) and other files; it goes when the test or the suite is over. */
export function folderWith(
  clouds: Readonly<Record<string, CloudEntry>>,
  files: Readonly<Record<string, string | Uint8Array>>,
  over: (clean: () => void) => void = onTestFinished,
): string {
  const path = mkdtempSync(join(tmpdir(), "vimana-stock-"));
  over(() => rmSync(path, { recursive: true }));
  writeFileSync(join(path, "clouds.yaml"), JSON.stringify({ clouds }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

export const publicKey = `ssh-ed25519 ${Buffer.from("\0\0\0\x0bssh-ed25519\0\0\0 01234567890123456789012345678901", "latin1").toString("base64")} stock`;

/** What of `VIMANA_PEERS` a test needs: the paths, or what is missing, for the title of the skipped test. */
export function peers<Name extends string>(
  wanted: Readonly<Record<Name, string>>,
): { readonly paths: Readonly<Record<Name, string>>; readonly missing: string } {
  const root = process.env.VIMANA_PEERS;
  const entries = Object.entries<string>(wanted).map(([name, path]) => [name, join(root ?? "", path)] as const);
  const paths = Object.fromEntries(entries) as Record<Name, string>;
  if (root === undefined || root === "") return { paths, missing: " (skipped: VIMANA_PEERS names no folder)" };
  const absent = entries.map(([, path]) => path).find((path) => !existsSync(path));
  return { paths, missing: absent === undefined ? "" : ` (skipped: there is no ${absent})` };
}

/** A simulator for one test. */
export async function simulatorOf(profile: Profile): Promise<Simulator> {
  const simulator = await startSimulator({ profile });
  onTestFinished(() => simulator.close());
  return simulator;
}

export function entriesOf(simulator: Simulator): Readonly<Record<string, CloudEntry>> {
  return Object.fromEntries(Object.entries(simulator.clouds()).map(([name, cloud]) => [name, simulatedEntry(cloud)]));
}

export interface Ran {
  readonly code: unknown;
  /** Both streams, in the order in which they came. */
  readonly text: string;
}

/** Runs a program to its end in a folder, with no `OS_*` of ours. */
export function runIn(
  folder: string,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(OS|TF)_/.test(name));
  const whole = { ...Object.fromEntries(inherited), OS_CLIENT_CONFIG_FILE: join(folder, "clouds.yaml"), ...env };
  return new Promise((resolve) => {
    const options = { cwd: folder, env: whole, maxBuffer: 64 * 1024 * 1024 };
    execFile(program, args, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? error.signal), text: stdout + stderr }),
    );
  });
}

/** Tables that only grow: what was done is remembered when the things themselves are gone. */
const histories = /^(keystone\.tokens|machine\.queue|nova\.(server_actions|counters|migrations))$/;

/**
 * The ids of all there is in the simulator's world, by table. Deleted servers are only remembered, and a project's default
 * security group comes when it is first asked for, and stays.
 */
export function inventory({ world }: Simulator): Readonly<Record<string, readonly string[]>> {
  const standing = new Set(
    world
      .of(securityGroups)
      .filter(({ name }) => name === "default")
      .map(({ id }) => id),
  );
  const counts = (row: Row) =>
    row.deleted !== true && !standing.has(row.id) && !standing.has(String(row.security_group_id));
  const tables = [...world.snapshot().tables].filter(([name]) => !histories.test(name));
  const ids = tables.map(
    ([name, rows]) =>
      [
        name,
        [...rows.values()]
          .filter(counts)
          .map(({ id }) => id)
          .sort(),
      ] as const,
  );
  return Object.fromEntries(ids.filter(([, rows]) => rows.length > 0));
}
