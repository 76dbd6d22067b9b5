/**
 * The port to the account of writes: what a write is about to make stands in the store before it is made, so that another
 * process can finish or unmake what this one leaves behind; and a write that carries a key is answered once.
 */
import type { Cloud } from "./cloud.ts";
import type { Listing } from "./page.ts";
import type { JsonObject } from "./store.ts";

/** One call that may change something. */
export interface Write {
  /** `<service>/<Method>`, `occi/<METHOD>`. */
  readonly operation: string;
  readonly requestId: string;
  readonly cloud: Cloud;
  /** `Idempotency-Key` as the caller sent it. */
  readonly key: string | undefined;
  /** All that makes two requests the same one; asked for only with a key. Never stored: a digest is, that only the key opens. */
  readonly said: () => Promise<readonly (string | Uint8Array)[]>;
}

/** How an answer is kept for whoever asks again. It must hold no secret. */
export interface Keeping<Answer> {
  pack(answer: Answer): JsonObject | Promise<JsonObject>;
  unpack(kept: JsonObject): Answer;
}

export interface Written<Answer> {
  readonly answer: Answer;
  /** It is the answer that another call with the same key got. */
  readonly isReplayed: boolean;
}

export interface Writes {
  /**
   * Does the work on a cloud that keeps account. With a key: INVALID_VALUE (of no form that a key has), KEY_REUSED (for
   * another request), CONFLICT with a time to come back (the first call is still at work). UNAVAILABLE, with nothing
   * made, when the store does not take what is about to be made.
   */
  run<Answer>(
    write: Write,
    work: (cloud: Cloud) => Promise<Answer>,
    keeping: Keeping<Answer>,
  ): Promise<Written<Answer>>;
  /** Somebody of this project is here: what it left unfinished is seen to, beside the call, with what the caller may do. */
  welcome(cloud: Cloud): void;
}

/** Something that a write does, and that is not taken back. */
export interface UnfinishedStep {
  /** `plug` and `unplug`: a port or a volume, and the server `on` which it is; `grow`: a volume, which never shrinks again. */
  readonly does: "make" | "plug" | "change" | "grow" | "remove" | "unplug";
  /** `server`, `port`, … */
  readonly kind: string;
  /** Absent while only the marker tells. */
  readonly id?: string;
  readonly on?: string;
  readonly marker?: string;
  readonly name?: string;
}

/** A write that has begun and not ended. */
export interface UnfinishedWrite {
  readonly requestId: string;
  readonly operation: string;
  readonly cloud: string;
  readonly region: string | undefined;
  readonly projectId: string;
  readonly userId: string;
  readonly startedAt: Date;
  /** A call is at work on it; otherwise it waits to be finished or taken back. */
  readonly isUnderWay: boolean;
  /** How often somebody tried to end it, and why that did not do. */
  readonly attempts: number;
  readonly trouble: string | undefined;
  readonly steps: readonly UnfinishedStep[];
}

export interface Unfinished {
  /** Of one cloud, or of all; of one project, or of all. */
  unfinished(query: { readonly cloud?: string; readonly project?: string }): Listing<UnfinishedWrite>;
}
