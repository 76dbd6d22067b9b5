/** Keystone's tokens: what is sent to get one, and what one says. */
import { CloudError, type Secret, type Tenant } from "../../../cloud/index.ts";
import type { ConfiguredAuth, Named } from "../config/config.ts";
import { asObject, asObjects, asText, asTime, isObject, type JsonObject, textOrNone } from "../json.ts";

export interface Endpoint {
  readonly interface: string;
  readonly region: string | undefined;
  readonly url: string;
}

export interface CatalogueEntry {
  readonly type: string;
  readonly endpoints: readonly Endpoint[];
}

/** A token with what Keystone says of it. */
export interface SignIn {
  readonly token: Secret;
  readonly tenant: Tenant;
  readonly catalogue: readonly CatalogueEntry[];
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** The body of `POST /v3/auth/tokens`; holds secrets in the clear and goes nowhere else. */
export function encodeAuth(auth: ConfiguredAuth): JsonObject {
  switch (auth.method) {
    case "password":
      return {
        auth: {
          identity: { methods: ["password"], password: { user: { ...auth.user, password: auth.password.reveal() } } },
          ...scope(auth.project),
        },
      };
    case "token":
      return {
        auth: { identity: { methods: ["token"], token: { id: auth.token.reveal() } }, ...scope(auth.project) },
      };
    case "application-credential":
      return {
        auth: {
          identity: {
            methods: ["application_credential"],
            application_credential: { ...auth.credential, secret: auth.secret.reveal() },
          },
        },
      };
  }
}

function scope(project: Named | undefined): JsonObject {
  return project === undefined ? {} : { scope: { project } };
}

/** Whether a token is for a project at all: one without is good for Keystone only. */
export function isScoped(body: JsonObject): boolean {
  return isObject(asObject(body.token, "token").project);
}

export function decodeToken(body: JsonObject, token: Secret): SignIn {
  const json = asObject(body.token, "token");
  if (!isObject(json.project)) {
    throw new CloudError("UNAUTHENTICATED", "the token is for no project; ask for one that is scoped to a project");
  }
  const user = asObject(json.user, "token.user");
  const expiresAt = asTime(json.expires_at, "token.expires_at").getTime();
  return {
    token,
    tenant: {
      projectId: asText(json.project.id, "token.project.id"),
      projectName: asText(json.project.name, "token.project.name"),
      userId: asText(user.id, "token.user.id"),
      userName: asText(user.name, "token.user.name"),
      roles: asObjects(json.roles ?? [], "token.roles").map((role) => asText(role.name, "token.roles.name")),
    },
    catalogue: asObjects(json.catalog ?? [], "token.catalog").map(decodeEntry),
    issuedAt: json.issued_at === undefined ? expiresAt : asTime(json.issued_at, "token.issued_at").getTime(),
    expiresAt,
  };
}

function decodeEntry(entry: JsonObject): CatalogueEntry {
  return {
    type: asText(entry.type, "token.catalog.type"),
    endpoints: asObjects(entry.endpoints ?? [], "token.catalog.endpoints").map((endpoint) => ({
      interface: asText(endpoint.interface, "token.catalog.endpoints.interface"),
      region: textOrNone(endpoint.region_id) ?? textOrNone(endpoint.region),
      url: textOrNone(endpoint.url) ?? "",
    })),
  };
}
