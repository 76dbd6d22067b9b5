/**
 * The port to the account of writes: what a write is about to make stands in the store before it is made, so that another
 * process can finish or unmake what this one leaves behind; and a write that carries a key is answered once.
 */
import type { Cloud } from "./cloud.ts";
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
