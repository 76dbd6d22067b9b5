/** Holds a chapter of the conversation with a cloud and writes down the answers, without what differs between two clouds. */
import { setTimeout as pause } from "node:timers/promises";
import { neutral, neutralJson, type Own } from "./neutral.ts";
import type { Step } from "./step.ts";

/** What it takes to sign in with a password. */
export interface Account {
  readonly auth_url: string;
  readonly username: string;
  readonly password: string;
  readonly project_name: string;
}

export interface Line {
  readonly step: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

interface Session {
  readonly token: string;
  readonly project: string;
  readonly user: string;
  readonly catalog: readonly {
    readonly type: string;
    readonly endpoints: readonly { readonly interface: string; readonly url: string }[];
  }[];
}

interface SignedIn extends Pick<Session, "catalog"> {
  readonly project: { readonly id: string };
  readonly user: { readonly id: string };
}

/** Headers that clients act upon. */
const compared = [
  "content-type",
  "www-authenticate",
  "location",
  "openstack-api-version",
  "x-openstack-nova-api-version",
  "vary",
  "content-md5",
  "content-range",
  "accept-patch",
  "openstack-image-import-methods",
];

async function signIn(account: Account): Promise<Session> {
  const domain = { id: "default" };
  const user = { name: account.username, domain, password: account.password };
  const auth = {
    identity: { methods: ["password"], password: { user } },
    scope: { project: { name: account.project_name, domain } },
  };
  const response = await fetch(`${account.auth_url}/auth/tokens`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ auth }),
  });
  const { token }: { readonly token: SignedIn } = JSON.parse(await response.text());
  const id = response.headers.get("x-subject-token") ?? "";
  return { token: id, project: token.project.id, user: token.user.id, catalog: token.catalog };
}

function fill(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\{([a-z.]+)\}/g, (whole, name: string) => variables.get(name) ?? whole);
}

/** Base URLs without the versions that only some catalogues have. */
function bases(session: Session, account: Account): Map<string, string> {
  const found = new Map([["identity", account.auth_url.replace(/\/v3\/?$/, "")]]);
  for (const { type, endpoints } of session.catalog) {
    const url = endpoints.find((endpoint) => endpoint.interface === "public")?.url ?? "";
    // The second name of the same service would hide the first.
    if (type !== "identity" && type !== "volumev3")
      found.set(type, url.replace(/\/v2\.1\/?$|\/v3(?:\/[0-9a-f]{32})?\/?$/, "").replace(/(?<=.)\/$/, ""));
  }
  return found;
}

function dig(value: unknown, keys: readonly string[]): string {
  let at = value;
  for (const key of keys)
    at = typeof at === "object" && at !== null ? Object.entries(at).find(([name]) => name === key)?.[1] : undefined;
  return String(at);
}

function isReached({ until }: Step, status: number, answer: unknown): boolean {
  if (until === undefined) return true;
  return "status" in until ? status === until.status : dig(answer, until.path) === until.is;
}

/** What the steps of a chapter are called in its transcript. */
export function titles(steps: readonly Step[]): readonly string[] {
  const seen = new Map<string, number>();
  return steps.map((step) => {
    const version = step.headers?.["openstack-api-version"] ?? step.headers?.["x-openstack-nova-api-version"] ?? "";
    const title = `${step.as} ${step.method ?? "GET"} ${step.on}${step.path} ${version}`.trim();
    const times = (seen.get(title) ?? 0) + 1;
    seen.set(title, times);
    return times === 1 ? title : `${title} (${times})`;
  });
}

/** One chapter of the conversation. */
export async function talk(
  steps: readonly Step[],
  accounts: Readonly<Record<"admin" | "member" | "stranger", Account>>,
): Promise<Line[]> {
  const sessions = new Map<string, Session>();
  for (const [name, account] of Object.entries(accounts)) sessions.set(name, await signIn(account));
  const variables = new Map<string, string>();
  for (const [name, session] of sessions) {
    variables.set(`${name}.project`, session.project);
    variables.set(`${name}.user`, session.user);
  }
  for (const [name, { username, password, project_name }] of Object.entries(accounts)) {
    variables.set(`${name}.username`, username);
    variables.set(`${name}.password`, password);
    variables.set(`${name}.home`, project_name);
  }
  const admin = sessions.get("admin");
  if (admin === undefined) throw new Error("no administrator");
  const urls = bases(admin, accounts.admin);
  const own: Own = {
    urls,
    names: new Map(
      (["member", "stranger"] as const).flatMap((who) => {
        const { username, project_name } = accounts[who];
        return [username, project_name].map((name) => [name, `<${who}>`] as const);
      }),
    ),
  };
  const lines: Line[] = [];
  const called = titles(steps);
  for (const [index, step] of steps.entries()) {
    const token = step.as === "nonsense" ? "nonsense" : sessions.get(step.as)?.token;
    const json = { "content-type": "application/json" };
    const headers = new Headers({ accept: "*/*", ...(step.body === undefined ? {} : json) });
    if (token !== undefined) headers.set("x-auth-token", token);
    for (const [name, value] of Object.entries(step.headers ?? {})) headers.set(name, fill(value, variables));
    const body = typeof step.body === "string" ? step.body : JSON.stringify(step.body);
    const ask = async () => {
      const response = await fetch((urls.get(step.on) ?? "") + fill(step.path, variables), {
        method: step.method ?? "GET",
        headers,
        redirect: "manual",
        ...(body === undefined ? {} : { body: fill(body, variables) }),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.startsWith("application/json") === true && text !== "";
      const answer: unknown = isJson ? JSON.parse(text) : text;
      return { response, text, isJson, answer };
    };
    let said = await ask();
    for (let tries = 0; tries < 150 && !isReached(step, said.response.status, said.answer); tries++) {
      await pause(200);
      said = await ask();
    }
    const { response, text, isJson, answer } = said;
    for (const [name, keys] of Object.entries(step.save ?? {})) variables.set(name, dig(answer, keys));
    const issued = response.headers.get("x-subject-token");
    if (step.token !== undefined && issued !== null) variables.set(step.token, issued);
    const kept = compared.flatMap((name) => {
      const value = response.headers.get(name);
      // What an empty answer would be if it were not empty is of no use to anybody.
      return value === null || (name === "content-type" && text === "") ? [] : [[name, neutral(value, own)] as const];
    });
    const shown = isJson ? neutralJson(answer, own) : neutral(text, own);
    lines.push({ step: called[index] ?? "", status: response.status, headers: Object.fromEntries(kept), body: shown });
  }
  return lines;
}
