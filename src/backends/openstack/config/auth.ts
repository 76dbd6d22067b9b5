/** The `auth:` section of a cloud. */
import { Secret } from "../../../cloud/index.ts";
import type { ConfiguredAuth, Named } from "./config.ts";
import type { Section } from "./reader.ts";

const PROJECT_KEYS = [
  ...["project_id", "project_name", "tenant_id", "tenant_name"],
  ...["project_domain_id", "project_domain_name", "default_domain_id", "default_domain", "default_domain_name"],
];
const USER_KEYS = ["user_id", "username", "user_domain_id", "user_domain_name"];
const CREDENTIAL_KEYS = ["application_credential_id", "application_credential_name", "application_credential_secret"];

interface AuthType {
  /** The keys that it reads beside `auth_url`; any other is an error, for it would change who signs in. */
  readonly keys: readonly string[];
  readonly read: (auth: Section) => ConfiguredAuth;
}

const readToken = (auth: Section): ConfiguredAuth => ({
  method: "token",
  token: new Secret(auth.needed("token")),
  project: readProject(auth),
});

const readPassword = (auth: Section): ConfiguredAuth => ({
  method: "password",
  user: readUser(auth),
  password: new Secret(auth.needed("password")),
  project: readProject(auth),
});

const PASSWORD: AuthType = { keys: [...USER_KEYS, ...PROJECT_KEYS, "password"], read: readPassword };
const TOKEN: AuthType = { keys: [...PROJECT_KEYS, "token"], read: readToken };

/** keystoneauth's names (keystoneauth1: setup.cfg, entry points). */
const AUTH_TYPES: Readonly<Record<string, AuthType>> = {
  password: PASSWORD,
  v3password: PASSWORD,
  token: TOKEN,
  v3token: TOKEN,
  v3applicationcredential: {
    // Its project is the credential's own: others write it nevertheless, and Keystone's clients ignore it.
    keys: [...CREDENTIAL_KEYS, ...USER_KEYS, ...PROJECT_KEYS],
    read: (auth) => ({
      method: "application-credential",
      credential: readCredential(auth),
      secret: new Secret(auth.needed("application_credential_secret")),
    }),
  },
};

/** Nothing when the cloud has only an address: callers then bring their own credentials. */
export function readAuth(cloud: Section, auth: Section): ConfiguredAuth | undefined {
  const written = cloud.text("auth_type");
  const keys = Object.keys(auth.values).filter((key) => auth.has(key) && key !== "auth_url");
  if (written === undefined && keys.every((key) => PROJECT_KEYS.includes(key))) return undefined;
  const name = written ?? guessType(auth);
  const type = Object.hasOwn(AUTH_TYPES, name) ? AUTH_TYPES[name] : undefined;
  if (type === undefined) {
    throw cloud.fault("auth_type", `${name} is not supported; supported are ${Object.keys(AUTH_TYPES).join(", ")}`);
  }
  const foreign = keys.find((key) => !type.keys.includes(key));
  if (foreign !== undefined) throw auth.fault(foreign, `is not known with auth_type ${name}`);
  return type.read(auth);
}

/** What keystoneauth does for `auth_type: password`, its default, when other credentials are there. */
function guessType(auth: Section): string {
  if (CREDENTIAL_KEYS.some((key) => auth.has(key))) return "v3applicationcredential";
  return auth.has("token") && !auth.has("password") ? "token" : "password";
}

function readUser(auth: Section): Named {
  const id = auth.text("user_id");
  if (id !== undefined) return { id };
  return { name: auth.needed("username"), domain: readDomain(auth, "user") };
}

function readCredential(auth: Section): { readonly id: string } | { readonly name: string; readonly user: Named } {
  const id = auth.text("application_credential_id");
  if (id !== undefined) return { id };
  const name = auth.text("application_credential_name");
  if (name === undefined) throw auth.fault("application_credential_id", "is missing");
  return { name, user: readUser(auth) };
}

function readProject(auth: Section): Named | undefined {
  const id = auth.text("project_id") ?? auth.text("tenant_id");
  if (id !== undefined) return { id };
  const name = auth.text("project_name") ?? auth.text("tenant_name");
  return name === undefined ? undefined : { name, domain: readDomain(auth, "project") };
}

function readDomain(auth: Section, of: "user" | "project"): { readonly id: string } | { readonly name: string } {
  const id = auth.text(`${of}_domain_id`);
  if (id !== undefined) return { id };
  const name = auth.text(`${of}_domain_name`);
  if (name !== undefined) return { name };
  const common = auth.text("default_domain_name");
  if (common !== undefined) return { name: common };
  return { id: auth.text("default_domain_id") ?? auth.text("default_domain") ?? "default" };
}
