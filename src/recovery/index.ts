/**
 * Nothing lost, nothing doubled: the account of every write, what is done with those that were cut short, and answers
 * that are given twice when they are asked for twice.
 *
 * index       opens it all: what the doors run their writes by, and what looks after them
 * account     one write: each step in the store before it is tried
 * accounted   clouds and stores that enter their writes into the account of the call
 * step, record   what of it is stored
 * recovery, unmake   taking over, finishing, taking back
 * presence, machine  which gateways live
 * key         idempotency keys
 */
import {
  type Clock,
  type Cloud,
  CloudError,
  type Clouds,
  type Ids,
  type Log,
  type Store,
  type StoredDocument,
  type Unfinished,
  type Write,
  type Writes,
} from "../cloud/index.ts";
import { Account } from "./account.ts";
import { accounted, accountedStore, within } from "./accounted.ts";
import { fingerprintOf, idOfKey } from "./key.ts";
import { systemMachine } from "./machine.ts";
import { type Machine, openPresence, type Presence } from "./presence.ts";
import { decodeDone, decodeOpen, KIND, placeOf } from "./record.ts";
import { Recovery, textOf } from "./recovery.ts";
import { listUnfinished } from "./unfinished.ts";

export type { Machine } from "./presence.ts";

export interface WritesOptions {
  readonly store: Store;
  readonly clouds: Clouds;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** How long a cloud may take to show what an interrupted create made, milliseconds. */
  readonly settleMs: number;
  /** Whether the store ends with this process: no step has to be in it before it is tried then. */
  readonly isVolatile?: boolean;
  /** Clouds that live and end with this gateway. */
  readonly ownClouds?: readonly string[];
  readonly machine?: Machine;
}

export interface OpenWrites extends Writes, Unfinished {
  /** For what handlers keep themselves: it enters the account of the write that keeps it. */
  readonly store: Store;
  /** Says that this gateway lives, and frees the room of answers that are too old. Never waits for a cloud. */
  beat(): Promise<void>;
  /** Looks once after what was left unfinished. */
  tick(): Promise<void>;
  /** This gateway among all that ever used the store, and whether another one is no more. */
  readonly presence: Pick<Presence, "owner" | "isGone">;
  close(): Promise<void>;
}

/** How long a call waits for another one with the same key, and how often it looks. */
const WAIT_MS = 10_000;
const LOOK_MS = 250;
/** Between two times that room of expired answers is freed. */
const SWEEP_MS = 60_000;
/** The write is done and must be known to be so: the store is tried again after these pauses, milliseconds. */
const CLOSING_PAUSES = [0, 100, 500, 2000];

export async function openWrites(options: WritesOptions): Promise<OpenWrites> {
  const {
    store,
    clouds,
    clock,
    ids,
    log,
    settleMs,
    machine = systemMachine,
    ownClouds = [],
    isVolatile = false,
  } = options;
  const presence = await openPresence({ store, clock, ids, log, machine });
  const life = presence.owner.split(" ", 1)[0];
  const lifeOf = (cloud: string): string | undefined => (ownClouds.includes(cloud) ? life : undefined);
  /** How many calls are at each write: two that come with one key at one time both are, for a moment. */
  const active = new Map<string, number>();
  const isActive = (id: string): boolean => active.has(id);
  const recovery = new Recovery({ store, clouds, presence, clock, ids, log, settleMs, lifeOf, isActive });
  let sweptAt = 0;
  await presence.renew();

  function open({ operation, requestId, cloud }: Write, id: string, fingerprint: string | undefined): Account {
    const { name, region, tenant } = cloud;
    const record = {
      operation,
      requestId,
      startedAt: clock.now(),
      cloud: name,
      region,
      userId: tenant.userId,
      owner: presence.owner,
      fingerprint,
      abandonedAt: undefined,
      attempts: 0,
      trouble: undefined,
    };
    return new Account({ store, place: placeOf(cloud, lifeOf(name)), id, record, isVolatile });
  }

  /** The work with its account; nothing when another call has the account already. */
  async function attempt<Answer>(
    write: Write,
    account: Account,
    work: (cloud: Cloud) => Promise<Answer>,
    pack: ((answer: Answer) => Promise<Parameters<Account["close"]>[0]>) | undefined,
  ): Promise<{ readonly answer: Answer } | undefined> {
    const text = textOf({ ...placeOf(write.cloud, lifeOf(write.cloud.name)), id: account.id });
    active.set(text, (active.get(text) ?? 0) + 1);
    try {
      const answer = await within(account, () => work(accounted(write.cloud, account)));
      await close(account, await pack?.(answer));
      return { answer };
    } catch (thrown) {
      if (account.isRefused && !account.isInStore) return undefined;
      if (account.isInStore || account.steps.length > 0) await giveUp(account);
      throw thrown;
    } finally {
      const others = (active.get(text) ?? 1) - 1;
      if (others === 0) active.delete(text);
      else active.set(text, others);
    }
  }

  async function close(account: Account, answer: Parameters<Account["close"]>[0]): Promise<void> {
    for (const [tries, pause] of CLOSING_PAUSES.entries()) {
      if (pause > 0) await clock.sleep(pause);
      try {
        return await account.close(answer);
      } catch (thrown) {
        if (!CloudError.is(thrown, "UNAVAILABLE", "AMBIGUOUS", "CONFLICT")) throw thrown;
        if (tries < CLOSING_PAUSES.length - 1 && !account.isRefused) continue;
        // Without the store's word the write counts as cut short, and is taken back once the store is there again.
        throw new CloudError("UNAVAILABLE", "the store could not take down that it is done: it will be taken back", {
          cause: thrown,
        });
      }
    }
  }

  /** Should the store not hear of it, recovery finds out the same by itself. */
  async function giveUp(account: Account): Promise<void> {
    try {
      if (account.isRefused) await account.handOver();
      else await (account.steps.length === 0 ? account.close(undefined) : account.note());
    } catch (thrown) {
      log.warn({ write: account.id, error: CloudError.from(thrown).message }, "an account could not be closed");
    }
  }

  /** The answer that was kept, or nothing when the way is free. */
  async function earlier(write: Write, id: string, fingerprint: string): Promise<StoredDocument | undefined> {
    const key = { kind: KIND, ...placeOf(write.cloud, lifeOf(write.cloud.name)), id };
    const until = clock.now() + WAIT_MS;
    for (;;) {
      const found = await store.get(key);
      if (found === undefined) return undefined;
      const open = decodeOpen(found);
      if ((open ?? decodeDone(found)).fingerprint !== fingerprint) {
        throw new CloudError("KEY_REUSED", "was sent with another request before", { field: "idempotency-key" });
      }
      if (open === undefined) return found;
      if (await recovery.isAbandoned(found)) {
        if ((await recovery.resolve(found, write.cloud.detached())) === "ended") return undefined;
      }
      if (clock.now() >= until) {
        const message = "the call that first had this idempotency key is not finished";
        throw new CloudError("CONFLICT", message, { field: "idempotency-key", retryAfterSeconds: 2 });
      }
      await clock.sleep(LOOK_MS);
    }
  }

  return {
    store: accountedStore(store),
    presence,
    welcome: (cloud) => recovery.welcome(cloud),
    async run(write, work, keeping) {
      recovery.welcome(write.cloud);
      const { key, operation } = write;
      if (key === undefined) {
        const done = await attempt(write, open(write, write.requestId, undefined), work, undefined);
        if (done === undefined) throw new CloudError("INTERNAL", "two calls have one request id");
        return { answer: done.answer, isReplayed: false };
      }
      const id = idOfKey(key);
      const fingerprint = fingerprintOf(key, operation, await write.said());
      for (;;) {
        const kept = await earlier(write, id, fingerprint);
        if (kept !== undefined) return { answer: keeping.unpack(decodeDone(kept).answer), isReplayed: true };
        const done = await attempt(write, open(write, id, fingerprint), work, async (answer) => keeping.pack(answer));
        if (done !== undefined) return { answer: done.answer, isReplayed: false };
      }
    },
    async beat() {
      await presence.renew();
      if (Math.abs(clock.now() - sweptAt) < SWEEP_MS) return;
      sweptAt = clock.now();
      await store.sweep();
    },
    tick: () => recovery.tick(),
    unfinished: (query) => listUnfinished(store, query, (document) => recovery.isAbandoned(document)),
    async close() {
      await presence.leave();
    },
  };
}
