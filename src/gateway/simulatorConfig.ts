/** The embedded simulator's settings, once: `simulate` calls them by their names, `serve` and files put `simulator-` before. */
import { ConfigError, oneOf, port, type Setting, type Settings } from "./settings.ts";

/** What the simulator is told; plain data in the shape of its own options. */
export interface SimulatorConfig {
  readonly port: number;
  readonly profile: "zed" | "modern";
  readonly transitions: "instant" | "realistic" | { readonly fixed: number };
  /** The name of a built-in world, or what a YAML file says. */
  readonly preset: unknown;
  readonly seed?: number;
  readonly catalogue?: "new" | "old" | "both";
  readonly identityV2: boolean;
  readonly control: boolean;
}

const ROWS = {
  port: { help: "embedded OpenStack", default: "9797" },
  profile: { help: "release: zed, or modern for the newest microversions", default: "zed" },
  transitions: { help: "how long states take: instant, realistic, or milliseconds", default: "instant" },
  preset: { help: "world to begin with: default, empty, nfv, or a YAML file", default: "default" },
  seed: { help: "number that repeats ids and chance; none: as it comes", default: "" },
  catalogue: {
    help: "block storage as block-storage (new), volumev3 (old) or both; auto: by profile",
    default: "auto",
  },
  "identity-v2": { help: "on or off: Keystone v2.0 beside v3, for old clients", default: "off" },
  control: { help: "on or off: /_sim on the simulator's port", default: "on" },
} as const;

type Row = keyof typeof ROWS;
type Prefixed = `simulator-${Row}`;

/** The settings under other names; the variables are `VIMANA_SIMULATOR_…` always. */
function named<Name extends string>(prefix: string): Settings<Name> {
  return Object.fromEntries(
    Object.entries<Omit<Setting, "env">>(ROWS).map(([name, row]) => [
      prefix + name,
      { ...row, env: `VIMANA_SIMULATOR_${name.toUpperCase().replaceAll("-", "_")}` },
    ]),
  ) as Settings<Name>;
}

/** As `serve` has them. */
export const SERVE_SETTINGS = named<Prefixed>("simulator-");

/** As `simulate` has them. */
export const SIMULATE_SETTINGS = {
  host: { env: "VIMANA_HOST", help: "address of the listener", default: "127.0.0.1" },
  ...named<Row>(""),
  insecure: {
    env: "VIMANA_INSECURE",
    help: "listen beyond loopback without TLS",
    default: "false",
    flag: true as const,
  },
};

/** Checks the settings; `shown` is how a setting is called where they were read. */
export function simulatorConfig(
  value: (name: Row) => string,
  readYaml: (path: string) => unknown,
  shown: (name: Row) => string = (name) => name,
): SimulatorConfig {
  const chosen = <Choice extends string>(name: Row, choices: readonly Choice[]): Choice =>
    oneOf(shown(name), value(name), choices);
  const catalogue = chosen("catalogue", ["auto", "new", "old", "both"]);
  const seed = value("seed");
  if (!/^\d{0,10}$/.test(seed) || Number(seed) >= 2 ** 32)
    throw new ConfigError(`${shown("seed")}: must be a whole number below 4294967296`);
  return {
    port: port(shown("port"), value("port")),
    profile: chosen("profile", ["zed", "modern"]),
    transitions: transitionsOf(shown("transitions"), value("transitions")),
    preset: presetOf(shown("preset"), value("preset"), readYaml),
    ...(seed === "" ? {} : { seed: Number(seed) }),
    ...(catalogue === "auto" ? {} : { catalogue }),
    identityV2: chosen("identity-v2", ["on", "off"]) === "on",
    control: chosen("control", ["on", "off"]) === "on",
  };
}

/** What looks like a file is one; other words are names, which the simulator knows. */
function presetOf(name: string, text: string, readYaml: (path: string) => unknown): unknown {
  if (!isPresetFile(text)) return text;
  try {
    return readYaml(text);
  } catch (cause) {
    throw new ConfigError(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

export function isPresetFile(text: string): boolean {
  return /[./\\]/.test(text);
}

function transitionsOf(name: string, text: string): SimulatorConfig["transitions"] {
  if (text === "instant" || text === "realistic") return text;
  if (!/^\d{1,9}$/.test(text))
    throw new ConfigError(`${name}: must be instant, realistic, or a number of milliseconds`);
  return { fixed: Number(text) };
}
