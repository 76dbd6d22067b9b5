import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { Secret } from "../cloud/secret.ts";
import {
  ConfigError,
  hostOf,
  oneOf,
  originSetting,
  port,
  readFile,
  readSettings,
  type Setting,
  type Values,
} from "./settings.ts";
import { SERVE_SETTINGS, type SimulatorConfig, simulatorConfig } from "./simulatorConfig.ts";

/** What the program is told: flag over environment over file; an unknown key is an error (house, "Configuration"). */
export interface Config {
  /** Address of all listeners. */
  readonly host: string;
  readonly grpcPort: number;
  readonly httpPort: number;
  readonly occiPort: number;
  /** Where callers find these two doors, when a proxy stands before them; absent: where the request says that it went. */
  readonly httpUrl: string | undefined;
  readonly occiUrl: string | undefined;
  /** The embedded OpenStack, where that is the cloud. */
  readonly simulator: SimulatorConfig;
  /** Key in clouds.yaml; absent: `OS_CLOUD`, then `OS_AUTH_URL`, then the embedded simulator. */
  readonly cloud: string | undefined;
  /** Whether callers without credentials are let in where that is safe. */
  readonly anonymous: "auto" | "off";
  /** Clouds of clouds.yaml that callers without credentials may use with the gateway's own. */
  readonly anonymousClouds: readonly string[];
  /** Folder of the store, or `memory`. */
  readonly dataDir: string;
  /** A PostgreSQL that several gateways share, in place of the folder. */
  readonly storeUrl: Secret | undefined;
  /** How long a cloud may take to show what an interrupted create made, milliseconds. */
  readonly recoverySettle: number;
  /** How flavours that the gateway holds are matched by the cloud's own. */
  readonly flavourPolicy: "exact" | "at-least";
  /**
   * How many entities one OCCI deletion may remove; 0 is none but single ones. Absent: 1000 on the embedded simulator, else 0, and
   * never everything below `/`.
   */
  readonly occiDeleteMany: number | undefined;
  /** How an OCCI compute's free sizes become a flavour; `auto` makes them on the embedded simulator only. */
  readonly occiFlavourPolicy: OcciFlavourPolicy;
  /** Allows listeners without TLS beyond this machine. */
  readonly insecure: boolean;
  /** What operators send in `vimana-operator`; without it, whoever calls from this machine is one. */
  readonly operatorToken: Secret | undefined;
  readonly logLevel: string;
  /** Who may read `/metrics` on the HTTP door. */
  readonly metrics: "loopback" | "all";
}

const OCCI_POLICIES = ["auto", "smallest-fit", "exact", "make", "refuse"] as const;
export type OcciFlavourPolicy = (typeof OCCI_POLICIES)[number];

/** Where the XDG base directory specification puts a program's state. */
const DATA_DIR = join(process.env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "vimana");

/** Every setting once: flag and key in the file are its name, the variable is `env`. */
export const SETTINGS = {
  host: { env: "VIMANA_HOST", help: "address of all listeners", default: "127.0.0.1" },
  "grpc-port": { env: "VIMANA_GRPC_PORT", help: "gRPC door, 0 = any free port", default: "50051" },
  "http-port": { env: "VIMANA_HTTP_PORT", help: "HTTP door", default: "8080" },
  "occi-port": { env: "VIMANA_OCCI_PORT", help: "OCCI door", default: "8787" },
  "http-url": {
    env: "VIMANA_HTTP_URL",
    help: "what callers call the HTTP door behind a proxy: https://…",
    default: "",
  },
  "occi-url": { env: "VIMANA_OCCI_URL", help: "the same for the OCCI door", default: "" },
  ...SERVE_SETTINGS,
  cloud: { env: "OS_CLOUD", help: "cloud of clouds.yaml; none: OS_AUTH_URL, else the embedded simulator", default: "" },
  anonymous: {
    env: "VIMANA_ANONYMOUS",
    help: "auto or off: callers without credentials, on loopback",
    default: "auto",
  },
  "anonymous-cloud": { env: "VIMANA_ANONYMOUS_CLOUD", help: "clouds that they may use, by comma", default: "" },
  "data-dir": {
    env: "VIMANA_DATA_DIR",
    help: "what the gateway itself remembers; memory: nothing on disk",
    default: DATA_DIR,
  },
  "store-url": {
    env: "VIMANA_STORE_URL",
    help: "a PostgreSQL for several gateways: postgres://…",
    default: "",
  },
  "store-url-file": { env: "VIMANA_STORE_URL_FILE", help: "file that holds it", default: "" },
  "recovery-settle": {
    env: "VIMANA_RECOVERY_SETTLE",
    help: "seconds in which a cloud shows what a create made whose answer was lost",
    default: "15",
  },
  "flavour-policy": { env: "VIMANA_FLAVOUR_POLICY", help: "held flavours: exact or at-least", default: "exact" },
  "occi-delete-many": {
    env: "VIMANA_OCCI_DELETE_MANY",
    help: "entities that one OCCI DELETE of a collection may remove, 0 = none; auto: 1000 on the simulator (not of /), else 0",
    default: "auto",
  },
  "occi-flavour-policy": {
    env: "VIMANA_OCCI_FLAVOUR_POLICY",
    help: "free sizes over OCCI: smallest-fit, exact, make, refuse; auto: make on the simulator, else smallest-fit",
    default: "auto",
  },
  "operator-token": {
    env: "VIMANA_OPERATOR_TOKEN",
    help: "what operators send in vimana-operator; none: callers on this machine are operators",
    default: "",
  },
  "operator-token-file": { env: "VIMANA_OPERATOR_TOKEN_FILE", help: "file that holds it", default: "" },
  insecure: { env: "VIMANA_INSECURE", help: "listen beyond loopback without TLS", default: "false", flag: true },
  "log-level": { env: "VIMANA_LOG_LEVEL", help: "debug, info, warn, error or silent", default: "info" },
  metrics: { env: "VIMANA_METRICS", help: "who reads /metrics: loopback or all", default: "loopback" },
} as const satisfies Record<string, Setting>;

const LEVELS = ["debug", "info", "warn", "error", "silent"];

/** Reads flags, environment and the file that `--config` or `VIMANA_CONFIG` names. */
export function readConfig(args: readonly string[], env: NodeJS.ProcessEnv): Config {
  const value = readSettings(SETTINGS, args, env, readYaml);
  return {
    host: hostOf(value("host"), value("insecure")),
    grpcPort: port("grpc-port", value("grpc-port")),
    httpPort: port("http-port", value("http-port")),
    occiPort: port("occi-port", value("occi-port")),
    httpUrl: originSetting("http-url", value("http-url")),
    occiUrl: originSetting("occi-url", value("occi-url")),
    simulator: simulatorConfig(
      (name) => value(`simulator-${name}`),
      readYaml,
      (name) => `simulator-${name}`,
    ),
    cloud: value("cloud") || undefined,
    anonymous: oneOf("anonymous", value("anonymous"), ["auto", "off"]),
    anonymousClouds: value("anonymous-cloud")
      .split(",")
      .filter((name) => name !== ""),
    dataDir: value("data-dir"),
    storeUrl: storeUrl(value("store-url"), value("store-url-file")),
    recoverySettle: seconds("recovery-settle", value("recovery-settle")) * 1000,
    occiDeleteMany: deleteMany(value("occi-delete-many")),
    flavourPolicy: oneOf("flavour-policy", value("flavour-policy"), ["exact", "at-least"]),
    occiFlavourPolicy: oneOf("occi-flavour-policy", value("occi-flavour-policy"), OCCI_POLICIES),
    insecure: oneOf("insecure", value("insecure"), ["true", "false"]) === "true",
    operatorToken: operatorToken(value("operator-token"), value("operator-token-file")),
    logLevel: oneOf("log-level", value("log-level"), LEVELS),
    metrics: oneOf("metrics", value("metrics"), ["loopback", "all"]),
  };
}

/** The settings of a file alone. */
export function readConfigFile(path: string): Values {
  return readFile(SETTINGS, path, readYaml);
}

/** A YAML document from a file; the parser is loaded with the first of them, because most have none. */
export function readYaml(path: string): unknown {
  const { parse }: typeof import("yaml") = createRequire(import.meta.url)("yaml");
  return parse(readFileSync(path, "utf8"));
}

function deleteMany(text: string): number | undefined {
  if (text === "auto") return undefined;
  if (!/^\d{1,6}$/.test(text)) throw new ConfigError(`occi-delete-many: "${text}" is neither auto nor a number`);
  return Number(text);
}

/** A longer time would keep an interrupted write open for more than the minute in which it is to be ended. */
const MAX_SETTLE = 45;

function seconds(name: string, text: string): number {
  if (!/^\d{1,2}$/.test(text) || Number(text) > MAX_SETTLE) {
    throw new ConfigError(`${name}: ${text} is not a whole number of seconds up to ${MAX_SETTLE}`);
  }
  return Number(text);
}

/** No message shows the value: it holds a password. */
function storeUrl(text: string, file: string): Secret | undefined {
  const url = secretOf("store-url", text, file);
  if (url !== undefined && !/^postgres(?:ql)?:\/\//.test(url.reveal())) {
    throw new ConfigError("store-url: must begin with postgres://");
  }
  return url;
}

/** Fewer characters could be guessed. */
const LEAST_TOKEN = 16;

function operatorToken(text: string, file: string): Secret | undefined {
  const token = secretOf("operator-token", text, file);
  if (token !== undefined && token.reveal().length < LEAST_TOKEN) {
    throw new ConfigError(`operator-token: must have ${LEAST_TOKEN} characters at least`);
  }
  return token;
}

function secretOf(name: string, text: string, file: string): Secret | undefined {
  if (text !== "" && file !== "") throw new ConfigError(`${name}: is given itself and as a file`);
  const value = file === "" ? text : secretFrom(`${name}-file`, file);
  return value === "" ? undefined : new Secret(value);
}

function secretFrom(name: string, file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new ConfigError(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
