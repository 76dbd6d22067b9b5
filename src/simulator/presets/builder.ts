/** Asking the API on behalf of a preset: signing in, finding by name, and complaints that say which line is meant. */
import { type Field, FieldError } from "../fields.ts";

export type Ask = (path: string, init: RequestInit) => Promise<Response>;

/** Where things are found by name. A list knows how it is filtered; what it does not filter is looked through. */
const places = {
  project: "/identity/v3/projects",
  role: "/identity/v3/roles",
  user: "/identity/v3/users",
  flavor: "/compute/v2.1/flavors?is_public=None&limit=1000",
  image: "/image/v2/images",
  network: "/network/v2.0/networks",
  subnet: "/network/v2.0/subnets",
  security_group: "/network/v2.0/security-groups",
  volume: "/volume/v3/volumes",
} as const;

export type Kind = keyof typeof places;

export interface Account {
  readonly user: string;
  readonly password: string;
  /** Names of projects where he has a role. */
  readonly projects: readonly string[];
}

export class Builder {
  readonly #ask: Ask;
  readonly #accounts: Account[];
  readonly #tokens = new Map<string, string>();

  constructor(ask: Ask, accounts: readonly Account[]) {
    this.#ask = ask;
    this.#accounts = [...accounts];
  }

  get accounts(): readonly Account[] {
    return this.#accounts;
  }

  addAccount(account: Account): void {
    this.#accounts.push(account);
  }

  /** Asks; a refusal becomes a complaint about the field. */
  async ask(
    token: string,
    method: string,
    path: string,
    body: unknown,
    field: Field,
  ): Promise<Record<string, unknown>> {
    return (await this.#send(token, method, path, JSON.stringify(body), "application/json", field)).json;
  }

  async upload(token: string, path: string, bytes: Uint8Array<ArrayBuffer>, field: Field): Promise<void> {
    await this.#send(token, "PUT", path, bytes, "application/octet-stream", field);
  }

  /** The member `name` of an answer, and its id. */
  async make(token: string, path: string, name: string, content: unknown, field: Field): Promise<string> {
    const made = (await this.ask(token, "POST", path, { [name]: content }, field))[name];
    return idOf(made);
  }

  async idNamed(kind: Kind, token: string, field: Field): Promise<string> {
    const name = field.text(255);
    const place: string = places[kind];
    const path = `${place}${place.includes("?") ? "&" : "?"}${kind === "flavor" ? "" : `name=${encodeURIComponent(name)}`}`;
    const lists = Object.values(await this.ask(token, "GET", path, undefined, field)).filter(Array.isArray);
    const found = lists.flat().find((one: unknown) => member(one, "name") === name);
    return found === undefined ? field.fail(`there is no ${kind.replace("_", " ")} ${name}`) : idOf(found);
  }

  admin(field: Field): Promise<string> {
    return this.#signIn("admin", "admin", field);
  }

  /** A token of the project: of the user named, or of the first who has a role there. */
  async tokenFor(project: Field, user: Field): Promise<string> {
    const name = project.isAbsent ? "admin" : project.text(64);
    const wanted = user.optional((field) => field.text(255));
    const account = this.#accounts.find(
      (one) => one.projects.includes(name) && (wanted === undefined || one.user === wanted),
    );
    if (account === undefined)
      return project.fail(`${wanted ?? "nobody"} is known to have a role in the project ${name}`);
    return this.#signIn(account.user, name, project);
  }

  async #signIn(user: string, project: string, field: Field): Promise<string> {
    const key = `${user}\0${project}`;
    const known = this.#tokens.get(key);
    if (known !== undefined) return known;
    const domain = { id: "default" };
    const password = this.#accounts.find((one) => one.user === user)?.password ?? "";
    const identity = { methods: ["password"], password: { user: { name: user, domain, password } } };
    const auth = { identity, scope: { project: { name: project, domain } } };
    const body = JSON.stringify({ auth });
    const { headers } = await this.#send("", "POST", "/identity/v3/auth/tokens", body, "application/json", field);
    const token = headers.get("x-subject-token") ?? "";
    this.#tokens.set(key, token);
    return token;
  }

  async #send(
    token: string,
    method: string,
    path: string,
    body: string | Uint8Array<ArrayBuffer> | undefined,
    type: string,
    field: Field,
  ): Promise<{ readonly headers: Headers; readonly json: Record<string, unknown> }> {
    const headers = new Headers({ "content-type": type, accept: "application/json" });
    if (token !== "") headers.set("x-auth-token", token);
    // What is described is always meant in the newest words.
    const [, service] = path.split("/");
    if (service === "compute") headers.set("openstack-api-version", "compute latest");
    if (service === "volume") headers.set("openstack-api-version", "volume latest");
    const answer = await this.#ask(path, { method, headers, ...(body === undefined ? {} : { body }) });
    const text = await answer.text();
    const json: unknown = text.startsWith("{") ? JSON.parse(text) : {};
    if (!answer.ok)
      throw new FieldError(field.path, complaintIn(json) ?? `${method} ${path} was answered with ${answer.status}`);
    return { headers: answer.headers, json: { ...Object(json) } };
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

function idOf(value: unknown): string {
  const id = member(value, "id");
  return typeof id === "string" ? id : "";
}

/** The service's sentence, wherever it puts it. */
function complaintIn(json: unknown): string | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const message = member(json, "message");
  if (typeof message === "string") return message.replaceAll("<br /><br />", " ").trim();
  return Object.values(json)
    .map(complaintIn)
    .find((one) => one !== undefined);
}
