/** One request of the conversation in steps.ts. */

export interface Step {
  readonly as: "admin" | "member" | "stranger" | "nobody" | "nonsense";
  readonly on: "identity" | "image" | "compute" | "block-storage";
  readonly method?: string;
  /** `{name}` stands for what an earlier step saved; `{member.project}` and the like for who acts. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Keeps a member of the answer's first object: name → path of keys. */
  readonly save?: Readonly<Record<string, readonly string[]>>;
  /** Asks again until the answer has this status, or this text at the path of keys: a real cloud takes its time. */
  readonly until?: { readonly status: number } | { readonly path: readonly string[]; readonly is: string };
}
