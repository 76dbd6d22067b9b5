/** Credentials in the forms that OpenStack's own tools read: clouds.yaml and openrc, for the owner's eyes only. */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { SimulatedCloud } from "../simulator/index.ts";
import { UsageError } from "./verb.ts";

/** The first line of what we write, by which we know it again. */
const MARK = "# Written by vimana simulate, which overwrites it.";

/** A clouds.yaml with these clouds. JSON's strings are YAML's, too. */
export function cloudsYaml(clouds: Readonly<Record<string, SimulatedCloud>>): string {
  const entries = Object.entries(clouds).flatMap(([name, { region_name, ...auth }]) => [
    `  ${JSON.stringify(name)}:`,
    `    region_name: ${JSON.stringify(region_name)}`,
    "    identity_api_version: 3",
    "    auth:",
    ...Object.entries(auth).map(([key, value]) => `      ${key}: ${JSON.stringify(value)}`),
  ]);
  return [MARK, "clouds:", ...entries, ""].join("\n");
}

/** The variables of one cloud, for a shell. Others that would speak for another cloud are taken away. */
export function openrc({ region_name, ...auth }: SimulatedCloud): string {
  const values = { ...auth, region_name, identity_api_version: "3" };
  const lines = Object.entries(values).map(([key, value]) => `export OS_${key.toUpperCase()}=${quoted(value)}`);
  const others = ["OS_CLOUD", "OS_TOKEN", "OS_PROJECT_ID", "OS_USER_ID", "OS_AUTH_TYPE", "OS_SYSTEM_SCOPE"];
  return [MARK, `unset ${others.join(" ")}`, ...lines, ""].join("\n");
}

function quoted(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Writes a file that only its owner reads (0600), all or nothing; one that we did not write is left alone. */
export function writeOwn(path: string, text: string): void {
  if (existsSync(path) && !readFileSync(path, "utf8").startsWith(MARK))
    throw new UsageError(`${path} is there already and was not written by vimana simulate: name another file`);
  const draft = `${path}.${randomUUID()}`;
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: "wx" });
    renameSync(draft, path);
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
