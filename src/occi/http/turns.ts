/** Work on one thing, one after the other: what a conditional write has looked at must not change before it writes. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Waits for those before it on the same key, however they end. */
  async take<Outcome>(key: string, work: () => Promise<Outcome>): Promise<Outcome> {
    const before = this.#last.get(key);
    const turn = (async () => {
      await before?.catch(() => {});
      return work();
    })();
    this.#last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    }
  }
}
