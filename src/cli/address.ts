/** Where a verb's gRPC calls go and as whom: options that verbs share. Secrets come from the environment or from files only. */
import { readFileSync } from "node:fs";
import { ChannelCredentials, Metadata } from "@grpc/grpc-js";
import { isLoopbackHost } from "../gateway/settings.ts";
import { type Input, type Io, type Option, UsageError } from "./verb.ts";

export const ADDRESS_OPTIONS = {
  address: {
    help: "gRPC door: host:port, or https://host:port behind a proxy with TLS",
    value: "address",
    env: "VIMANA_ADDRESS",
    default: "127.0.0.1:50051",
  },
  cacert: { help: "certificates to trust instead of the system's", value: "file", env: "VIMANA_CACERT" },
  insecure: { help: "send credentials to another machine without TLS" },
  cloud: { help: "cloud that the call is for", value: "name", env: "VIMANA_CLOUD" },
  region: { help: "region of it", value: "name", env: "VIMANA_REGION" },
  "token-file": {
    help: "file with a Keystone token (or the token in VIMANA_TOKEN)",
    value: "file",
    env: "VIMANA_TOKEN_FILE",
  },
  user: { help: "user, user@domain, or id of an application credential", value: "name", env: "VIMANA_USER" },
  "password-file": {
    help: "file with its password or secret (or the word itself in VIMANA_PASSWORD)",
    value: "file",
    env: "VIMANA_PASSWORD_FILE",
  },
  project: { help: "project of that user", value: "name", env: "VIMANA_PROJECT" },
  metadata: { help: "more metadata, e.g. idempotency-key=abc", value: "name=value", isRepeated: true },
} as const satisfies Readonly<Record<string, Option>>;

export interface Address {
  /** host:port */
  readonly target: string;
  readonly credentials: ChannelCredentials;
  readonly metadata: Metadata;
}

/** Names that carry secrets: a command line is seen by everybody on the machine. */
const SECRET_NAMES: ReadonlySet<string> = new Set(["authorization", "x-auth-token"]);

export function readAddress(input: Input, io: Io): Address {
  const address = input.text("address") ?? ADDRESS_OPTIONS.address.default;
  const match = /^(?:(https?):\/\/)?(\[[0-9a-f:.]+\]|[^\s/:[\]]+):(\d{1,5})\/?$/i.exec(address);
  if (match === null) throw new UsageError(`--address: ${JSON.stringify(address)} is not host:port`);
  const [, scheme = "http", host = "", port = ""] = match;
  const metadata = readMetadata(input, io);
  const isSecret = metadata.get("authorization").length > 0 || metadata.get("x-auth-token").length > 0;
  const isTls = scheme.toLowerCase() === "https";
  if (isSecret && !isTls && !isLoopbackHost(host.replaceAll(/[[\]]/g, "")) && !input.isOn("insecure"))
    throw new UsageError(`--address: ${host} is another machine and there is no TLS; say --insecure if that is meant`);
  const cacert = input.text("cacert");
  if (cacert !== undefined && !isTls) throw new UsageError("--cacert: the address is not https://…");
  const roots = cacert === undefined ? undefined : readFile("--cacert", cacert);
  return {
    target: `${host}:${port}`,
    credentials: isTls ? ChannelCredentials.createSsl(roots) : ChannelCredentials.createInsecure(),
    metadata,
  };
}

function readMetadata(input: Input, io: Io): Metadata {
  const metadata = new Metadata();
  const set = (name: string, value: string | undefined): void => {
    if (value === undefined) return;
    try {
      metadata.set(name, value);
    } catch {
      // The library's message repeats the value.
      throw new UsageError(
        `metadata ${JSON.stringify(name)}: the name or the value has characters that gRPC does not carry`,
      );
    }
  };
  for (const pair of input.texts("metadata")) {
    const [name = "", value] = pair.split(/=(.*)/s, 2);
    if (value === undefined || name === "")
      throw new UsageError(`--metadata: ${JSON.stringify(name)} is not name=value`);
    if (SECRET_NAMES.has(name.toLowerCase()))
      throw new UsageError(`--metadata: ${name} is a secret; say it in VIMANA_TOKEN or VIMANA_PASSWORD, or in a file`);
    set(name, value);
  }
  set("vimana-cloud", input.text("cloud"));
  set("vimana-region", input.text("region"));
  const token = readSecret("token", input, io);
  const user = input.text("user");
  const password = readSecret("password", input, io);
  const project = input.text("project");
  if (token !== undefined && user !== undefined) throw new UsageError("there are a token and a user: say one of them");
  if (user === undefined && password !== undefined) throw new UsageError("there is a password and no --user");
  if (user === undefined && project !== undefined) throw new UsageError("--project: only a --user chooses its project");
  set("x-auth-token", token);
  if (user !== undefined) {
    if (password === undefined)
      throw new UsageError("--user: its password is missing: VIMANA_PASSWORD or --password-file");
    set("authorization", `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`);
    set("vimana-project", project);
  }
  return metadata;
}

function readSecret(name: "token" | "password", input: Input, io: Io): string | undefined {
  const path = input.text(`${name}-file`);
  if (path !== undefined) return readFile(`--${name}-file`, path).toString("utf8").trim();
  return io.env[`VIMANA_${name.toUpperCase()}`] || undefined;
}

function readFile(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UsageError(`${option}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
