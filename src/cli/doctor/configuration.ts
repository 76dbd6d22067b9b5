/** Which cloud is meant, and what was read about it from where. Secrets are told of, never told. */
import { readFileSync, statSync } from "node:fs";
import { type CloudConfig, loadCloudConfigs } from "../../backends/openstack/index.ts";
import { CloudError } from "../../cloud/index.ts";
import { UsageError } from "../verb.ts";
import { messageOf, type Tell } from "./finding.ts";

/** The configuration of a cloud; a usage error when there is none to look at. */
export function readConfiguration(name: string | undefined, env: NodeJS.ProcessEnv, tell: Tell): CloudConfig {
  const files: string[] = [];
  const readFile = (path: string): string | undefined => {
    const text = textOf(path);
    if (text !== undefined && !files.includes(path)) files.push(path);
    return text;
  };
  const chosen = name ?? (env.OS_CLOUD || undefined);
  const { configs, defaultName } = load(chosen, env, readFile);
  const config = defaultName === undefined ? undefined : configs[defaultName];
  if (config === undefined) {
    const known = Object.keys(configs);
    const hint = known.length === 0 ? "there is no clouds.yaml and no OS_AUTH_URL" : `there are: ${known.join(", ")}`;
    throw new UsageError(`say which cloud; ${hint}`);
  }
  for (const file of files) tell(fileFinding(file));
  const variables = Object.keys(env).filter((key) => key.startsWith("OS_") && env[key] !== "");
  if (variables.length > 0) {
    const message = `sets ${variables.sort().join(", ")}`;
    tell({ part: "configuration", subject: "environment", grade: "note", message, facts: { variables } });
  }
  tellSettings(config, tell);
  return config;
}

function load(
  chosen: string | undefined,
  env: NodeJS.ProcessEnv,
  readFile: (path: string) => string | undefined,
): ReturnType<typeof loadCloudConfigs> {
  try {
    // A fault in another cloud's entry is none of this one's.
    const only = chosen === undefined ? {} : { only: [chosen] };
    return loadCloudConfigs({ env: chosen === undefined ? env : { ...env, OS_CLOUD: chosen }, readFile, ...only });
  } catch (thrown) {
    if (thrown instanceof CloudError) throw new UsageError(thrown.message, { cause: thrown });
    throw thrown;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return undefined;
    throw new UsageError(messageOf(thrown), { cause: thrown });
  }
}

/** Bits of a file's mode with which others than its owner read it. */
const READ_BY_OTHERS = 0o044;

function fileFinding(file: string): Parameters<Tell>[0] {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  const isSecret = /(?:clouds|secure)\.ya?ml$/.test(file);
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  const isOpen = isSecret && (mode & READ_BY_OTHERS) !== 0 && process.platform !== "win32";
  return {
    part: "configuration",
    subject: "file",
    grade: isOpen ? "warning" : "ok",
    message: isOpen ? `${file} was read; its mode ${octal} lets others read its secrets, too` : `${file} was read`,
    ...(isOpen ? { advice: `chmod 600 ${file}` } : {}),
    facts: { file, mode: octal },
  };
}

function tellSettings(config: CloudConfig, tell: Tell): void {
  const { auth, tls, overrides, regions } = config;
  const say = (subject: string, message: string, grade: "ok" | "note" | "warning" = "ok"): void =>
    tell({ part: "configuration", subject, grade, message });
  say("cloud", `${config.name} at ${config.authUrl}`);
  if (auth === undefined) say("credentials", "none: callers bring their own", "note");
  else say("credentials", `${auth.method} of ${ownerOf(auth)}`);
  const offered = regions.length === 0 ? "" : `, of ${regions.join(", ")}`;
  say("region", config.region === undefined ? "none: whichever comes first in the catalogue" : config.region + offered);
  say("interface", config.interface);
  for (const [service, url] of Object.entries(overrides)) say("override", `${service} is at ${url}`, "note");
  if (!tls.verify) say("tls", "verify is false: nobody's certificate is looked at", "warning");
  else if (tls.ca !== undefined) say("tls", "certificates of cacert are trusted, and no others");
  if (tls.cert !== undefined) say("tls", "a certificate of one's own is shown");
}

function ownerOf(auth: NonNullable<CloudConfig["auth"]>): string {
  if (auth.method === "token") return `project ${nameOf(auth.project)}`;
  if (auth.method === "password") return `user ${nameOf(auth.user)}, project ${nameOf(auth.project)}`;
  return "id" in auth.credential
    ? auth.credential.id
    : `${auth.credential.name} of user ${nameOf(auth.credential.user)}`;
}

function nameOf(named: { readonly id: string } | { readonly name: string } | undefined): string {
  if (named === undefined) return "(the user's default)";
  return "id" in named ? named.id : named.name;
}
