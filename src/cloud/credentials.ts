import { CloudError } from "./errors.ts";
import { Secret } from "./secret.ts";

/** What a caller shows to be let in; `configured` is the gateway's own credential for the cloud. */
export type Credentials =
  | { readonly kind: "configured" }
  | { readonly kind: "token"; readonly token: Secret }
  | { readonly kind: "application-credential"; readonly id: string; readonly secret: Secret }
  | {
      readonly kind: "password";
      readonly user: string;
      /** Name of the user's domain; the default domain when absent. */
      readonly domain: string | undefined;
      readonly password: Secret;
      /** Name or id of the project; the user's default project, or else the configured cloud's, when absent. */
      readonly project: string | undefined;
    };

/** Reads one header or metadata entry by its lower-case name. */
export type HeaderReader = (name: string) => string | undefined;

/** Ids that Keystone gives to application credentials: 32 hex digits, with or without hyphens. */
const CREDENTIAL_ID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/**
 * The caller's credentials from `X-Auth-Token`, `Authorization: Bearer` or `Authorization: Basic`; nothing when there
 * are none. With Basic, a name of the form of a Keystone id is an application credential; any other is a user,
 * `user` or `user@domain`, scoped to the project named by `vimana-project`.
 */
export function readCredentials(header: HeaderReader): Credentials | undefined {
  const token = header("x-auth-token");
  if (token !== undefined && token !== "") return { kind: "token", token: new Secret(token) };
  const authorization = header("authorization");
  if (authorization === undefined || authorization === "") return undefined;
  const [scheme = "", value = ""] = authorization.trim().split(/\s+/, 2);
  if (value === "") throw new CloudError("UNAUTHENTICATED", "authorization carries no credentials");
  if (scheme.toLowerCase() === "bearer") return { kind: "token", token: new Secret(value) };
  if (scheme.toLowerCase() === "basic") return readBasic(value, header("vimana-project"));
  throw new CloudError("UNAUTHENTICATED", "authorization must be Basic or Bearer");
}

function readBasic(value: string, project: string | undefined): Credentials {
  const text = decodeBase64(value);
  const colon = text.indexOf(":");
  if (colon <= 0) throw new CloudError("UNAUTHENTICATED", "Basic credentials must be name:secret");
  const name = text.slice(0, colon);
  const secret = new Secret(text.slice(colon + 1));
  if (CREDENTIAL_ID.test(name)) return { kind: "application-credential", id: name, secret };
  const at = name.lastIndexOf("@");
  const user = at > 0 ? name.slice(0, at) : name;
  const domain = at > 0 ? name.slice(at + 1) : undefined;
  return { kind: "password", user, domain, password: secret, project };
}

function decodeBase64(value: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(atob(value), (c) => c.charCodeAt(0)));
  } catch (cause) {
    throw new CloudError("UNAUTHENTICATED", "Basic credentials are not base64 of UTF-8 text", { cause });
  }
}
