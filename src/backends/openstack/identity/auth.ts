/** What callers and configurations show, as what Keystone is shown. */
import { CloudError, type Credentials } from "../../../cloud/index.ts";
import type { CloudConfig, ConfiguredAuth, Named } from "../config/config.ts";

/** Keystone's first domain, which has this id everywhere. */
const DEFAULT_DOMAIN = { id: "default" } as const;

const KEYSTONE_ID = /^(?:[0-9a-f]{32}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/i;

export function configuredAuth(config: CloudConfig): ConfiguredAuth {
  if (config.auth !== undefined) return config.auth;
  throw new CloudError("UNAUTHENTICATED", `cloud ${config.name} has no credentials of its own; show yours`);
}

/**
 * A caller's name and password. Without a project Keystone takes the user's default one; a user who has none gets the
 * configured cloud's (`otherwise`).
 */
export function passwordAuth(
  credentials: Extract<Credentials, { kind: "password" }>,
  config: CloudConfig,
): { readonly auth: ConfiguredAuth; readonly otherwise: ConfiguredAuth | undefined } {
  const { user: name, password, project } = credentials;
  const domain = credentials.domain === undefined ? DEFAULT_DOMAIN : { name: credentials.domain };
  const auth = { method: "password", user: { name, domain }, password } as const;
  if (project !== undefined) return { auth: { ...auth, project: projectOf(project, domain) }, otherwise: undefined };
  const fallback = projectOfConfig(config);
  return {
    auth: { ...auth, project: undefined },
    otherwise: fallback === undefined ? undefined : { ...auth, project: fallback },
  };
}

function projectOf(project: string, domain: { readonly id: string } | { readonly name: string }): Named {
  return KEYSTONE_ID.test(project) ? { id: project } : { name: project, domain };
}

function projectOfConfig({ auth }: CloudConfig): Named | undefined {
  return auth === undefined || auth.method === "application-credential" ? undefined : auth.project;
}
