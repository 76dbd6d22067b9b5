/** A value that prints as `***` wherever it may end up: string, JSON, inspection (house rule 6). */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the one place that sends it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "***";
  }

  toJSON(): string {
    return "***";
  }

  /** `util.inspect` and `console.log` ask for this symbol. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "***";
  }
}
