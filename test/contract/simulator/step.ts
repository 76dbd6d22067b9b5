/** One request of the conversation in chapters.ts. */

export interface Step {
  readonly as: "admin" | "member" | "stranger" | "nobody" | "nonsense";
  readonly on: "identity" | "image" | "compute" | "block-storage" | "network";
  readonly method?: string;
  /** `{name}` stands for what an earlier step saved; `{member.project}` and the like for who acts. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Keeps a member of the answer's first object: name → path of keys. */
  readonly save?: Readonly<Record<string, readonly string[]>>;
  /** Keeps the token that the answer issues as a variable; headers take variables, too. */
  readonly token?: string;
  /** Asks again until the answer has this status, or this text at the path of keys: a real cloud takes its time. */
  readonly until?: { readonly status: number } | { readonly path: readonly string[]; readonly is: string };
}

/** Verbs of one service at one microversion (none when left out): `get(path)`, `post(path, body)`. */
export function verbs(on: Step["on"], version?: string, as: Step["as"] = "member") {
  const name = on === "block-storage" ? "volume" : on;
  const headers = version === undefined ? {} : { headers: { "openstack-api-version": `${name} ${version}` } };
  const step = (method: string, path: string, body?: unknown, more: Partial<Step> = {}): Step => ({
    as,
    on,
    method,
    path,
    ...headers,
    ...(body === undefined ? {} : { body }),
    ...more,
  });
  return {
    get: (path: string, more?: Partial<Step>) => step("GET", path, undefined, more),
    post: (path: string, body?: unknown, more?: Partial<Step>) => step("POST", path, body, more),
    put: (path: string, body?: unknown, more?: Partial<Step>) => step("PUT", path, body, more),
    patch: (path: string, body?: unknown, more?: Partial<Step>) => step("PATCH", path, body, more),
    del: (path: string, more?: Partial<Step>) => step("DELETE", path, undefined, more),
    head: (path: string, more?: Partial<Step>) => step("HEAD", path, undefined, more),
  };
}

/** Keeps `{<kind>: {id}}` as a variable. */
export function saving(name: string, kind: string, member = "id"): Pick<Step, "save"> {
  return { save: { [name]: [kind, member] } };
}
