/** Settings as tables: flag over environment over file; an unknown key is an error (house, "Configuration"). */
import { parseArgs } from "node:util";

export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

export interface Setting {
  readonly env: string;
  readonly help: string;
  readonly default: string;
  /** A switch: it takes no value. */
  readonly flag?: true;
}

export type Settings<Name extends string> = Readonly<Record<Name, Setting>>;

/** What each setting says. `--config`, or else `VIMANA_CONFIG`, names a file; `load` reads it. */
export function readSettings<Name extends string>(
  table: Settings<Name>,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  load: (path: string) => unknown,
): (name: Name) => string {
  const { config, ...flags } = readFlags(table, args);
  const path = config ?? env.VIMANA_CONFIG;
  const file = path === undefined || path === "" ? {} : readFile(table, path, load);
  return (name) => flags[name] ?? env[table[name].env] ?? file[name] ?? table[name].default;
}

export type Values = Readonly<Record<string, string | undefined>>;

function readFlags(table: Settings<string>, args: readonly string[]): Values {
  const options = Object.fromEntries([
    ["config", { type: "string" as const }],
    ...Object.entries(table).map(([name, { flag }]) => [
      name,
      { type: flag === true ? ("boolean" as const) : ("string" as const) },
    ]),
  ]);
  let values: Record<string, unknown>;
  try {
    ({ values } = parseArgs({ args: [...args], options, allowPositionals: false }));
  } catch (cause) {
    throw new ConfigError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

/** The settings in a file, every key of which must be in the table. */
export function readFile(table: Settings<string>, path: string, load: (path: string) => unknown): Values {
  let document: unknown;
  try {
    document = load(path);
  } catch (cause) {
    throw new ConfigError(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (typeof document !== "object" || document === null) throw new ConfigError(`${path}: must hold keys and values`);
  const values: Record<string, string> = {};
  const known = Object.keys(table);
  for (const [key, value] of Object.entries(document)) {
    if (!known.includes(key)) throw new ConfigError(`${path}: unknown key ${key}; there are ${known.join(", ")}`);
    values[key] = Array.isArray(value) ? value.join(",") : String(value);
  }
  return values;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;

export function isLoopbackHost(host: string): boolean {
  return LOOPBACK.test(host);
}

/** The address of listeners without TLS: loopback, unless somebody says that more is meant. */
export function hostOf(host: string, insecure: string): string {
  if (!isLoopbackHost(host) && oneOf("insecure", insecure, ["true", "false"]) === "false")
    throw new ConfigError(`host: ${host} is not loopback and there is no TLS; say --insecure if that is meant`);
  return host;
}

export function port(name: string, text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new ConfigError(`${name}: ${text} is not a port`);
  return Number(text);
}

/** Scheme, host and port by which others call something; nothing when nobody said so. */
export function originSetting(name: string, text: string): string | undefined {
  if (text === "") return undefined;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) {
    throw new ConfigError(`${name}: ${text} is not http:// or https:// and a host, with nothing behind it`);
  }
  return url.origin;
}

export function oneOf<Choice extends string>(name: string, text: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new ConfigError(`${name}: must be one of ${choices.join(", ")}`);
  return found;
}
