/** `OS_*` as one more entry of `clouds:`, so that one reader understands both. */
import type { JsonObject } from "../json.ts";
import type { ReadFile } from "./cloud.ts";
import { faulty } from "./reader.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The name that openstacksdk gives to the cloud of the environment. */
export const ENVIRONMENT_CLOUD = "envvars";

export const ENVIRONMENT_PLACE = { source: "environment", path: "" } as const;

const AUTH_KEYS = [
  ...["auth_url", "username", "user_id", "password", "token"],
  ...["user_domain_id", "user_domain_name", "project_domain_id", "project_domain_name"],
  ...["default_domain", "default_domain_id", "default_domain_name"],
  ...["project_id", "project_name", "tenant_id", "tenant_name"],
  ...["application_credential_id", "application_credential_name", "application_credential_secret"],
];

const SECRET_KEYS = ["password", "token", "application_credential_secret"];

const CLOUD_KEYS = [
  ...["auth_type", "region_name", "interface", "endpoint_type", "identity_api_version"],
  ...["cacert", "cert", "key", "verify", "insecure"],
];

const OVERRIDE = /^OS_([A-Z0-9_]+_ENDPOINT_OVERRIDE)$/;

/** The cloud of the environment; nothing without `OS_AUTH_URL`. */
export function cloudOfEnvironment(env: Environment, readFile: ReadFile): JsonObject | undefined {
  if (read(env, "auth_url") === undefined) return undefined;
  const auth = pick(env, AUTH_KEYS);
  for (const key of SECRET_KEYS) {
    const path = read(env, `${key}_file`);
    if (path === undefined || auth[key] !== undefined) continue;
    const content = readFile(path);
    if (content === undefined) throw faulty(ENVIRONMENT_PLACE, variable(`${key}_file`), `${path} cannot be read`);
    auth[key] = content.replace(/\r?\n$/, "");
  }
  const overrides: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    const key = OVERRIDE.exec(name)?.[1]?.toLowerCase();
    if (key !== undefined && value !== undefined && value !== "") overrides[key] = value;
  }
  return { ...overrides, ...pick(env, CLOUD_KEYS), auth };
}

/** What the environment says about a cloud that `OS_CLOUD` chose, as the `openstack` command understands it. */
export function amendments(env: Environment): JsonObject {
  return pick(env, ["region_name", "interface", "cacert", "cert", "key", "verify", "insecure"]);
}

function pick(env: Environment, keys: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const key of keys) {
    const value = read(env, key);
    if (value !== undefined) picked[key] = value;
  }
  return picked;
}

function variable(key: string): string {
  return `OS_${key.toUpperCase()}`;
}

function read(env: Environment, key: string): string | undefined {
  const value = env[variable(key)];
  return value === "" ? undefined : value;
}
