import type { LeftBehind } from "./errors.ts";
import { CloudError } from "./errors.ts";
import type { Log } from "./runtime.ts";

interface Step {
  readonly left: () => LeftBehind;
  readonly unmake: () => Promise<void>;
}

/**
 * What a write of several steps has made so far, and how to unmake it (house rule 2). A step is entered before it is
 * tried, because a create whose answer was lost may have happened.
 */
export class Undo {
  readonly #steps: Step[] = [];
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** `left` names what stays behind should `unmake` fail; it is asked then, when the id may be known. */
  enter(left: () => LeftBehind, unmake: () => Promise<void>): void {
    this.#steps.push({ left, unmake });
  }

  /** Unmakes everything, newest first, and returns the error to report: the cause, with what could not be unmade. */
  async rollback(cause: unknown): Promise<CloudError> {
    const error = CloudError.from(cause);
    const leftBehind: LeftBehind[] = [];
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        await step.unmake();
      } catch (thrown) {
        if (CloudError.is(thrown, "NOT_FOUND")) continue;
        const left = step.left();
        leftBehind.push(left);
        this.#log.error({ ...left, error: CloudError.from(thrown).message }, "could not be unmade");
      }
    }
    return error.withLeftBehind(leftBehind);
  }
}
