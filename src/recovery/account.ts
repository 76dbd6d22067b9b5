import {
  CloudError,
  type DocumentPut,
  type JsonObject,
  type Marker,
  type Removal,
  type Store,
  type StoredDocument,
} from "../cloud/index.ts";
import { encodeDone, encodeOpen, KIND, OPEN, type OpenRecord, type Place } from "./record.ts";
import { isUncertain, type Kind, type Step } from "./step.ts";

export interface AccountOptions {
  readonly store: Store;
  readonly place: Place;
  /** Of the account in the store. */
  readonly id: string;
  readonly record: Omit<OpenRecord, "steps">;
  /** The store ends with this process: it is told only of what is left when the call has ended. */
  readonly isVolatile: boolean;
}

/** How long the answer of a write with a key is kept, milliseconds. */
export const KEPT_MS = 24 * 3600 * 1000;

/**
 * The account of one write. A step is in the store before it is tried; that it was done is written along with the next
 * step, for its marker finds it until then. A write that changes nothing never gets here.
 */
export class Account {
  readonly #options: AccountOptions;
  /** What is, or may be, in the cloud because of this write, and what is still to be removed. */
  #steps: Step[] = [];
  #intended: readonly Removal[] = [];
  #revision: number | undefined;
  #saving: Promise<unknown> = Promise.resolve();
  #isRefused = false;

  constructor(options: AccountOptions) {
    this.#options = options;
  }

  get id(): string {
    return this.#options.id;
  }

  get isInStore(): boolean {
    return this.#revision !== undefined;
  }

  /** Another call with the same key has the account, or has overtaken this one: nothing more may be done. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  get steps(): readonly Step[] {
    return this.#steps;
  }

  async make<Made>(
    kind: Kind,
    draft: { readonly marker?: Marker; readonly name?: string },
    act: () => Promise<Made>,
    idOf: (made: Made) => string,
    facts?: JsonObject,
  ): Promise<Made> {
    const { marker, name } = draft;
    const step: Step = {
      does: "make",
      kind,
      ...(marker === undefined ? {} : { marker: marker.value, since: marker.since.getTime() }),
      ...(name === undefined ? {} : { name }),
      ...(facts === undefined ? {} : { facts }),
    };
    return this.#try(step, act, (made) => ({ ...step, id: idOf(made) }));
  }

  plug<Made>(step: Omit<Step, "does">, act: () => Promise<Made>, idOf: (made: Made) => string): Promise<Made> {
    const plugged: Step = { does: "plug", ...step };
    return this.#try(plugged, act, (made) => ({ ...plugged, id: idOf(made) }));
  }

  async change<Made>(kind: Kind, id: string, before: JsonObject, after: JsonObject, act: () => Promise<Made>) {
    const step: Step = { does: "change", kind, id, facts: { before, after } };
    const made = await this.#try(step, act, () => step);
    // Changed back: neither of the two is to be undone.
    const first = this.#steps.find((one) => one.does === "change" && one !== step && isUndone(one, step));
    if (first !== undefined) this.#drop(first, step);
    return made;
  }

  grow(id: string, sizeGiB: number, act: () => Promise<void>): Promise<void> {
    const step: Step = { does: "grow", kind: "volume", id, facts: { sizeGiB } };
    return this.#try(step, act, () => step);
  }

  /** What this write made is only taken back; anything else is removed for good, with what was said to go along. */
  async remove(kind: Kind, id: string, act: () => Promise<void>, on?: string): Promise<void> {
    const intended = this.#intended;
    this.#intended = [];
    const known = this.#steps.filter((step) => step.kind === kind && step.id === id && step.on === on);
    if (known.length > 0) {
      await act();
      this.#drop(...known);
      return;
    }
    // One removal alone is done or not: there is nothing to finish.
    if (intended.length === 0 && this.#options.record.fingerprint === undefined) return act();
    const head: Step = { does: on === undefined ? "remove" : "unplug", kind, id, ...(on === undefined ? {} : { on }) };
    const rest = intended.map((removal): Step => ({ does: "remove", ...removal }));
    await this.#enter(head, ...rest);
    try {
      await act();
      this.#drop(head);
    } catch (thrown) {
      if (!isUncertain(thrown)) this.#drop(head, ...rest);
      throw thrown;
    }
  }

  intend(removals: readonly Removal[]): void {
    this.#intended = [...this.#intended, ...removals];
  }

  /** A document of the gateway's own is written together with its line in the account. */
  async document(put: DocumentPut): Promise<StoredDocument> {
    const { kind, cloud, project, id } = put;
    const step: Step = { does: "make", kind: "document", id, facts: { kind, cloud, project } };
    this.#steps.push(step);
    try {
      return await this.#save(put);
    } catch (thrown) {
      this.#drop(step);
      throw thrown;
    }
  }

  /** The write is done; with a key its answer is kept. */
  async close(answer: JsonObject | undefined): Promise<void> {
    const { place, id, record } = this.#options;
    await this.#saving;
    const { operation, requestId, fingerprint, startedAt } = record;
    if (fingerprint !== undefined && answer !== undefined) {
      // Too large to be kept is too large to be repeated: TOO_LARGE, and it is taken back.
      const body = encodeDone({ fingerprint, answer }, operation, requestId);
      const expected = this.#revision ?? "absent";
      await this.#put([{ kind: KIND, ...place, id, body, expiresAt: startedAt + KEPT_MS, expected }]);
    } else if (this.#revision !== undefined) {
      await this.#delete(this.#revision);
    }
    this.#revision = undefined;
  }

  async #delete(revision: number): Promise<void> {
    const { store, place, id } = this.#options;
    try {
      await store.delete({ kind: KIND, ...place, id, revision });
    } catch (thrown) {
      if (CloudError.is(thrown, "CONFLICT")) this.#isRefused = true;
      // Whether it went is there to be seen.
      const isGone =
        CloudError.is(thrown, "AMBIGUOUS") && (await store.get({ kind: KIND, ...place, id })) === undefined;
      if (!isGone) throw thrown;
    }
  }

  /** Overtaken in its sleep: what it did since then nobody else knows of, and it gets an account of its own. */
  async handOver(): Promise<void> {
    if (this.#steps.length === 0) return;
    const { store, place, record } = this.#options;
    const body = encodeOpen({ ...record, steps: this.#steps });
    const id = `${record.requestId} overtaken`;
    await store.put({ kind: KIND, ...place, id, body, keys: { [OPEN.name]: OPEN.value }, expected: "any" });
  }

  /** The call has ended and something of it may be left: whoever looks after it shall know what. */
  async note(): Promise<void> {
    await this.#save();
  }

  async #try<Made>(step: Step, act: () => Promise<Made>, done: (made: Made) => Step): Promise<Made> {
    await this.#enter(step);
    try {
      const made = await act();
      this.#steps = this.#steps.map((one) => (one === step ? done(made) : one));
      return made;
    } catch (thrown) {
      if (!isUncertain(thrown)) this.#drop(step);
      throw thrown;
    }
  }

  /** Not even this can be written: what is about to be made would be nobody's after a crash, and is not made. */
  async #enter(...steps: readonly Step[]): Promise<void> {
    this.#steps.push(...steps);
    const { isVolatile, record } = this.#options;
    // Another call with the same key must find it.
    if (isVolatile && record.fingerprint === undefined) return;
    try {
      await this.#save();
    } catch (thrown) {
      this.#drop(...steps);
      throw thrown;
    }
  }

  #drop(...gone: readonly Step[]): void {
    this.#steps = this.#steps.filter((step) => !gone.includes(step));
  }

  /** One at a time: each write of the account must know the revision of the one before. */
  #save(beside?: DocumentPut): Promise<StoredDocument> {
    const saved = this.#saving.then(() => this.#write(beside));
    this.#saving = saved.catch(() => {});
    return saved;
  }

  async #write(beside?: DocumentPut): Promise<StoredDocument> {
    const { place, id, record } = this.#options;
    const body = encodeOpen({ ...record, steps: this.#steps });
    const keys = { [OPEN.name]: OPEN.value };
    const put: DocumentPut = { kind: KIND, ...place, id, body, keys, expected: this.#revision ?? "absent" };
    const [document, other] = await this.#put(beside === undefined ? [put] : [put, beside]);
    if (document === undefined) throw new CloudError("INTERNAL", "the store wrote nothing");
    this.#revision = document.revision;
    return other ?? document;
  }

  /** A commit whose answer was lost is looked up; a refusal is told from one of what is written beside. */
  async #put(puts: readonly DocumentPut[]): Promise<readonly StoredDocument[]> {
    const { store, place, id } = this.#options;
    try {
      return await store.write({ puts });
    } catch (thrown) {
      if (!CloudError.is(thrown, "ALREADY_EXISTS", "CONFLICT", "AMBIGUOUS")) throw thrown;
      const found = await store.get({ kind: KIND, ...place, id });
      const isMine = found !== undefined && JSON.stringify(found.body) === JSON.stringify(puts[0]?.body);
      if (isMine && thrown.reason === "AMBIGUOUS") {
        const all = await Promise.all(puts.map((put) => store.get(put)));
        return all.filter((one) => one !== undefined);
      }
      if (found?.revision === this.#revision) {
        if (thrown.reason === "AMBIGUOUS") return store.write({ puts });
        throw thrown;
      }
      this.#isRefused = true;
      throw new CloudError("CONFLICT", "another call is at this write", { retryAfterSeconds: 1, cause: thrown });
    }
  }
}

function isUndone(first: Step, second: Step): boolean {
  if (first.kind !== second.kind || first.id !== second.id) return false;
  return JSON.stringify(sorted(first.facts?.before)) === JSON.stringify(sorted(second.facts?.after));
}

function sorted(value: unknown): unknown {
  return typeof value === "object" && value !== null ? Object.entries(value).sort() : value;
}
