import {
  type Clock,
  type Cloud,
  CloudError,
  type Clouds,
  collect,
  type Ids,
  type Log,
  type Store,
  type StoredDocument,
} from "../cloud/index.ts";
import type { Presence } from "./presence.ts";
import {
  decodeOpen,
  encodeOpen,
  KIND,
  nameOf,
  OPEN,
  type OpenRecord,
  type Place,
  placeOf,
  troubleOf,
} from "./record.ts";
import type { Step } from "./step.ts";
import { settle } from "./unmake.ts";

export interface RecoveryOptions {
  readonly store: Store;
  readonly clouds: Clouds;
  readonly presence: Presence;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** How long after an interruption a cloud may yet show what an unanswered create made, milliseconds. */
  readonly settleMs: number;
  /** Clouds that end with this gateway, and what tells this life of them apart. */
  readonly lifeOf: (cloud: string) => string | undefined;
  /** Whether this gateway is at work on the write right now. */
  readonly isActive: (id: string) => boolean;
}

/** `ended`: nothing of it is left to do. `waiting`: it is looked at again later. `taken`: somebody else is at it. */
export type Resolution = "ended" | "waiting" | "taken";

/** How long one attempt at one write may take. */
const ATTEMPT_MS = 60_000;
const AT_ONCE = 8;

/** Writes that nobody works at any more are finished, where something was to be removed, and unmade otherwise. */
export class Recovery {
  readonly #options: RecoveryOptions;
  /** Places with writes that wait for somebody of the project. */
  #waiting = new Set<string>();
  readonly #busy = new Set<string>();

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Looks at every open write once. */
  async tick(): Promise<void> {
    const { store, clock, log } = this.#options;
    const open = await collect(store.list({ kind: KIND, key: OPEN }));
    const waiting = new Set<string>();
    const own = new Map<string, Promise<Cloud | undefined>>();
    const work = async (document: StoredDocument): Promise<void> => {
      try {
        if (!isDue(document, clock.now()) || !(await this.isAbandoned(document))) return;
        if (await this.#isOfLostCloud(document)) return;
        const cloud = await this.#ownCloud(document, own);
        if (cloud === undefined) waiting.add(textOf({ cloud: document.cloud, project: document.project }));
        else await this.resolve(document, cloud);
      } catch (thrown) {
        log.warn({ write: document.id, error: CloudError.from(thrown).message }, "a write is still unfinished");
      }
    };
    const queue = [...open];
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await work(next);
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, queue.length) }, worker));
    this.#waiting = waiting;
  }

  /** Somebody of a project that writes wait for has come. */
  welcome(cloud: Cloud): void {
    const place = placeOf(cloud, this.#options.lifeOf(cloud.name));
    const text = textOf(place);
    if (!this.#waiting.delete(text) || this.#busy.has(text)) return;
    this.#busy.add(text);
    this.#resolveAll(place, cloud.detached())
      .catch((thrown) => this.#options.log.warn({ error: CloudError.from(thrown).message }, "recovery failed"))
      .finally(() => this.#busy.delete(text));
  }

  async #resolveAll({ cloud, project }: Place, as: Cloud): Promise<void> {
    const { store, clock } = this.#options;
    for await (const document of store.list({ kind: KIND, key: OPEN, cloud, project })) {
      if (isDue(document, clock.now()) && (await this.isAbandoned(document))) await this.resolve(document, as);
    }
  }

  /** Takes one abandoned write over, and ends it. */
  async resolve(document: StoredDocument, cloud: Cloud): Promise<Resolution> {
    const text = textOf(document);
    if (this.#busy.has(text)) return "taken";
    this.#busy.add(text);
    try {
      return await this.#resolve(document, cloud);
    } finally {
      this.#busy.delete(text);
    }
  }

  async #resolve(document: StoredDocument, cloud: Cloud): Promise<Resolution> {
    const { store, presence, clock, log } = this.#options;
    const record = decodeOpen(document);
    if (record === undefined) return "ended";
    const now = clock.now();
    const mine: OpenRecord = {
      ...record,
      owner: presence.owner,
      abandonedAt: Math.min(record.abandonedAt ?? now, now),
      attempts: record.attempts + 1,
      trouble: undefined,
    };
    const revision = await this.#put(document, mine);
    if (revision === undefined) return "taken";
    const site = { cloud, store, clock, userId: record.userId };
    try {
      const left = await settleAll(record.steps, (step) => settle(site, step));
      // A cloud may still be at work on a create that was sent and never answered.
      if (left.length > 0 && clock.now() - (mine.abandonedAt ?? 0) < this.#options.settleMs) return "waiting";
      if (!(await this.#delete({ ...document, revision }))) return "taken";
      log.warn(
        { write: document.id, operation: record.operation, of: record.requestId },
        "an unfinished write was ended",
      );
      return "ended";
    } catch (thrown) {
      const error = CloudError.from(thrown);
      await this.#put({ ...document, revision }, { ...mine, trouble: troubleOf(error) });
      throw error;
    }
  }

  /** False when somebody else has written meanwhile. */
  async #delete({ kind, cloud, project, id, revision }: StoredDocument): Promise<boolean> {
    try {
      await this.#options.store.delete({ kind, cloud, project, id, revision });
      return true;
    } catch (thrown) {
      if (CloudError.is(thrown, "CONFLICT")) return false;
      throw thrown;
    }
  }

  /** The revision after the write; nothing when somebody else has written meanwhile. */
  async #put(document: StoredDocument, record: OpenRecord): Promise<number | undefined> {
    const { kind, cloud, project, id, revision } = document;
    const keys = { [OPEN.name]: OPEN.value };
    const put = { kind, cloud, project, id, body: encodeOpen(record), keys, expected: revision };
    try {
      return (await this.#options.store.put(put)).revision;
    } catch (thrown) {
      if (CloudError.is(thrown, "CONFLICT")) return undefined;
      throw thrown;
    }
  }

  async isAbandoned(document: StoredDocument): Promise<boolean> {
    const { presence, isActive } = this.#options;
    const owner = decodeOpen(document)?.owner;
    if (owner === undefined) return false;
    return owner === presence.owner ? !isActive(textOf(document)) : presence.isGone(owner);
  }

  /** A cloud that lived in a gateway that is gone: nothing is left of it. */
  async #isOfLostCloud(document: StoredDocument): Promise<boolean> {
    const record = decodeOpen(document);
    if (record === undefined) return false;
    const { cloud, region } = record;
    const lasting = nameOf(cloud, region, undefined);
    const isLost = ![lasting, nameOf(cloud, region, this.#options.lifeOf(cloud))].includes(document.cloud);
    if (isLost) await this.#delete(document);
    return isLost;
  }

  /** The write's cloud by the gateway's own credential, where that is of the same project. */
  async #ownCloud(
    document: StoredDocument,
    known: Map<string, Promise<Cloud | undefined>>,
  ): Promise<Cloud | undefined> {
    const record = decodeOpen(document);
    if (record === undefined) return undefined;
    const found = known.get(document.cloud) ?? this.#open(record);
    known.set(document.cloud, found);
    const cloud = await found;
    return cloud?.tenant.projectId === document.project ? cloud : undefined;
  }

  async #open({ cloud, region }: OpenRecord): Promise<Cloud | undefined> {
    const { clouds, ids, log } = this.#options;
    try {
      return await clouds.open({
        cloud,
        ...(region === undefined ? {} : { region }),
        credentials: { kind: "configured" },
        signal: AbortSignal.timeout(ATTEMPT_MS),
        requestId: `req-${ids.uuid()}`,
        log,
      });
    } catch (thrown) {
      log.debug({ cloud, error: CloudError.from(thrown).message }, "no credential of the gateway's own");
      return undefined;
    }
  }
}

/** What failed is tried again after twice as long each time, up to this, milliseconds. */
const LONGEST_PAUSE = 300_000;
const FIRST_PAUSE = 2_000;

function isDue(document: StoredDocument, now: number): boolean {
  const record = decodeOpen(document);
  if (record?.trouble === undefined) return true;
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(record.attempts, 10));
  return Math.abs(now - document.updatedAt) >= pause;
}

/** The steps that nothing was seen of. */
export async function settleAll(
  steps: readonly Step[],
  act: (step: Step) => Promise<"gone" | "unseen">,
): Promise<readonly Step[]> {
  const isRemoval = ({ does }: Step): boolean => does === "remove" || does === "unplug";
  const unseen: Step[] = [];
  // A volume that has grown stays so, and what was changed with it.
  let hasGrown = false;
  for (const step of steps.filter(({ does }) => does === "grow")) hasGrown ||= (await act(step)) === "gone";
  const rest = hasGrown ? [] : steps.filter((step) => !isRemoval(step)).toReversed();
  for (const step of [...steps.filter(isRemoval), ...rest]) {
    if ((await act(step)) === "unseen" && !isRemoval(step)) unseen.push(step);
  }
  return unseen;
}

export function textOf({ cloud, project, id = "" }: Place & { readonly id?: string }): string {
  return `${cloud}\0${project}${id === "" ? "" : `\0${id}`}`;
}
