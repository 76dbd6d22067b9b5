import {
  type Clock,
  type Cloud,
  CloudError,
  type Ids,
  type Json,
  type JsonObject,
  type Log,
  type Reason,
  type Store,
} from "../../cloud/index.ts";
import { REFUSED, Refusal, type Result, refusedAs } from "../refusal.ts";
import { type Home, homeOf } from "./userMixins.ts";

/**
 * Writes that go on after their answer (GFD.185 §3.6.3): each is a task of its project, which says later what came of it. The store
 * keeps tasks for an hour. One whose gateway ended in between is said to be lost: what it had begun is finished or taken back by
 * the account of writes, and nobody is left to tell which.
 */
export interface TasksOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** This gateway, and whether another one is no more. */
  readonly presence: { readonly owner: string; isGone(owner: string): Promise<boolean> };
}

export type Task =
  | { readonly is: "running" }
  | { readonly is: "done"; readonly paths: readonly string[]; readonly warnings: readonly string[] }
  | { readonly is: "failed"; readonly error: CloudError; readonly warnings: readonly string[] }
  | { readonly is: "lost"; readonly operation: string };

const KIND = "occi-task";
const KEPT_MS = 3_600_000;
const MOST_RUNNING = 200;
const MOST_OF_PROJECT = 20;

export class Tasks {
  readonly #options: TasksOptions;
  /** Projects of the tasks that run here, by the task's id. */
  readonly #running = new Map<string, string>();

  constructor(options: TasksOptions) {
    this.#options = options;
  }

  /**
   * Begins the work, which ends with the paths that it was about; the task's id. `warnings` are read at the end. RATE_LIMITED when
   * too much is under way already.
   */
  async start(
    cloud: Cloud,
    operation: string,
    warnings: readonly string[],
    work: () => Promise<readonly string[]>,
  ): Promise<string> {
    const { store, clock, ids, presence } = this.#options;
    const home = homeOf(cloud);
    const project = `${home.cloud} ${home.project}`;
    const ofProject = [...this.#running.values()].filter((other) => other === project).length;
    if (this.#running.size >= MOST_RUNNING || ofProject >= MOST_OF_PROJECT) {
      const message = `${MOST_OF_PROJECT} tasks of a project may be under way, ${MOST_RUNNING} in all`;
      throw new CloudError("RATE_LIMITED", message, { retryAfterSeconds: 5 });
    }
    const id = ids.uuid();
    this.#running.set(id, project);
    try {
      const body = { is: "running", operation, owner: presence.owner };
      await store.put({ ...home, kind: KIND, id, body, expected: "any", expiresAt: clock.now() + KEPT_MS });
    } catch (thrown) {
      this.#running.delete(id);
      throw thrown;
    }
    void this.#run(home, id, operation, warnings, work);
    return id;
  }

  async #run(
    home: Home,
    id: string,
    operation: string,
    warnings: readonly string[],
    work: () => Promise<readonly string[]>,
  ): Promise<void> {
    const { store, clock, log, presence } = this.#options;
    let body: JsonObject;
    try {
      body = { is: "done", paths: await work(), warnings };
    } catch (thrown) {
      body = { is: "failed", error: pack(CloudError.from(thrown)), warnings };
    }
    try {
      const whole = { ...body, operation, owner: presence.owner };
      await store.put({ ...home, kind: KIND, id, body: whole, expected: "any", expiresAt: clock.now() + KEPT_MS });
    } catch (thrown) {
      log.error({ task: id, operation, error: CloudError.from(thrown).message }, "a task's end could not be kept");
    } finally {
      this.#running.delete(id);
    }
  }

  /** NOT_FOUND for what is nobody's task, another project's, or too old. */
  async read(cloud: Cloud, id: string): Promise<Task> {
    const { store, presence } = this.#options;
    const document = await store.get({ ...homeOf(cloud), kind: KIND, id });
    if (document === undefined) throw new CloudError("NOT_FOUND", `there is no task ${id}`);
    const { is, paths, error, owner, operation } = document.body;
    const warnings = textsOf(document.body.warnings);
    if (is === "done") return { is, paths: textsOf(paths), warnings };
    if (is === "failed") return { is, error: unpack(error), warnings };
    const isHere = owner === presence.owner;
    const isLost = isHere ? !this.#running.has(id) : await presence.isGone(String(owner));
    return isLost ? { is: "lost", operation: String(operation) } : { is: "running" };
  }
}

function textsOf(json: Json | undefined): readonly string[] {
  return Array.isArray(json) ? json.map(String) : [];
}

function pack(error: CloudError): JsonObject {
  const { reason, message, field = null, leftBehind } = error;
  const { status, code } = refusedAs(error);
  const results = error instanceof Refusal ? error.results : [];
  return {
    reason,
    message,
    field,
    status,
    code,
    leftBehind: leftBehind.map(({ kind, id }) => ({ kind, id })),
    results: results.map((result) => ({ ...result })),
  };
}

function unpack(json: Json | undefined): CloudError {
  const kept = new Map(isObject(json) ? Object.entries(json) : []);
  const reason = String(kept.get("reason"));
  const field = kept.get("field");
  const objects = (name: string) => {
    const list = kept.get(name);
    return Array.isArray(list) ? list.filter(isObject) : [];
  };
  const refused = { status: Number(kept.get("status")), code: String(kept.get("code")) };
  return new Refusal(isReason(reason) ? reason : "INTERNAL", refused, String(kept.get("message")), {
    ...(typeof field === "string" ? { field } : {}),
    leftBehind: objects("leftBehind").map(({ kind, id }) => ({ kind: String(kind), id: String(id) })),
    results: objects("results").map(resultOf),
  });
}

function resultOf({ path, outcome, code, message }: JsonObject): Result {
  return {
    path: String(path),
    outcome: outcome === "done" || outcome === "failed" ? outcome : "not tried",
    ...(typeof code === "string" ? { code } : {}),
    ...(typeof message === "string" ? { message } : {}),
  };
}

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function isReason(word: string): word is Reason {
  return Object.hasOwn(REFUSED, word);
}
