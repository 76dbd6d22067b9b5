import type { CloudConfig } from "../../src/backends/openstack/index.ts";

/** OpenStack's own API, spoken plainly: the door that is not ours. It shares no code with the client under test. */
export interface Native {
  readonly token: string;
  readonly projectId: string;
  /** The versioned address of a service, without a slash at its end. */
  endpoint(service: string): string;
  /** Sends JSON and reads JSON; rejects on an unexpected status. */
  call(service: string, method: string, path: string, body?: unknown): Promise<Reply>;
  find(service: string, path: string, member: string, name: string): Promise<string>;
}

export interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

interface CatalogEntry {
  readonly type: string;
  readonly endpoints: readonly { readonly interface: string; readonly url: string }[];
}

interface Token {
  readonly project: { readonly id: string };
  readonly catalog: readonly CatalogEntry[];
}

/** Where and with which body a configured password signs in. */
export function signInRequest({ name, auth, authUrl }: CloudConfig): { readonly url: string; readonly body: string } {
  if (auth?.method !== "password") throw new Error(`cloud ${name}: tests sign in by password`);
  const user = { ...auth.user, password: auth.password.reveal() };
  const identity = { methods: ["password"], password: { user } };
  const root = authUrl.replace(/\/v3\/?$/, "").replace(/\/$/, "");
  return {
    url: `${root}/v3/auth/tokens`,
    body: JSON.stringify({ auth: { identity, scope: { project: auth.project } } }),
  };
}

/** Signs in with a configured password. */
export async function signIn(config: CloudConfig): Promise<Native> {
  const { url, body } = signInRequest(config);
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { token } = (await response.json()) as { token: Token };
  const value = response.headers.get("x-subject-token");
  if (response.status !== 201 || value === null) throw new Error(`sign-in: ${response.status}`);
  return nativeWith(value, token);
}

function nativeWith(token: string, { project, catalog }: Token): Native {
  const endpoint = (type: string): string => {
    const entry = catalog.find((one) => one.type === type);
    const url = entry?.endpoints.find((one) => one.interface === "public")?.url.replace(/\/$/, "");
    if (url === undefined) throw new Error(`no ${type} in the catalogue`);
    if (type === "network") return url.endsWith("/v2.0") ? url : `${url}/v2.0`;
    if (type === "image") return url.endsWith("/v2") ? url : `${url}/v2`;
    if (type === "identity") return url.endsWith("/v3") ? url : `${url}/v3`;
    return url;
  };
  const call: Native["call"] = async (service, method, path, body) => {
    const response = await fetch(`${endpoint(service)}${path}`, {
      method,
      headers: { "x-auth-token": token, accept: "application/json", "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") === true && text !== "";
    return { status: response.status, body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {} };
  };
  return {
    token,
    projectId: project.id,
    endpoint,
    call,
    async find(service, path, member, name) {
      const { body } = await call(service, "GET", path);
      const items = body[member] as readonly { readonly id: string; readonly name: string }[];
      const id = items.find((one) => one.name === name)?.id;
      if (id === undefined) throw new Error(`${service}${path}: nothing is named ${name}`);
      return id;
    },
  };
}
