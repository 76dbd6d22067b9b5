/** Reading plain data from outside strictly: a wrong type, an unknown member or a value out of bounds is named by its path. */

/** What is wrong, and where: `match.nth: must be a whole number from 1 to 1000000`. */
export class FieldError extends Error {
  override readonly name = "FieldError";
  /** Path of the member; empty for the whole. */
  readonly field: string;
  readonly reason: string;
  constructor(field: string, reason: string) {
    super(field === "" ? reason : `${field}: ${reason}`);
    this.field = field;
    this.reason = reason;
  }
}

/** A member's value and its path. */
export class Field {
  readonly value: unknown;
  readonly path: string;
  constructor(value: unknown, path = "") {
    this.value = value;
    this.path = path;
  }

  fail(reason: string): never {
    throw new FieldError(this.path, reason);
  }

  get isAbsent(): boolean {
    return this.value === undefined;
  }

  get isObject(): boolean {
    return typeof this.value === "object" && this.value !== null && !Array.isArray(this.value);
  }

  /** The members, none but those named; each may be absent. */
  members<Name extends string>(...names: readonly Name[]): Readonly<Record<Name, Field>> {
    const given = this.entries();
    const unknown = Object.keys(given).find((name) => !names.some((known) => known === name));
    if (unknown !== undefined)
      new Field(undefined, this.#below(unknown)).fail(
        `unknown member; there ${names.length === 1 ? "is" : "are"} ${names.join(", ")}`,
      );
    return this.split(...names)[0];
  }

  /** All members, whatever their names. */
  entries(): Readonly<Record<string, unknown>> {
    return this.isObject ? { ...Object(this.value) } : this.fail("must be an object");
  }

  /** Some members, each of which may be absent, and all others as they are. */
  split<Name extends string>(
    ...names: readonly Name[]
  ): readonly [Readonly<Record<Name, Field>>, Readonly<Record<string, unknown>>] {
    const given = this.entries();
    const found = Object.fromEntries(names.map((name) => [name, new Field(given[name], this.#below(name))]));
    const rest = Object.entries(given).filter(([name]) => !names.some((known) => known === name));
    return [found as Record<Name, Field>, Object.fromEntries(rest)];
  }

  /** The elements of a list; none when it is absent. */
  items(most: number): readonly Field[] {
    if (this.isAbsent) return [];
    if (!Array.isArray(this.value)) return this.fail("must be a list");
    if (this.value.length > most) return this.fail(`may have ${most} elements at most`);
    return this.value.map((one: unknown, index) => new Field(one, `${this.path}[${index}]`));
  }

  text(most: number, least = 1): string {
    const fits = typeof this.value === "string" && this.value.length >= least && this.value.length <= most;
    return fits && typeof this.value === "string"
      ? this.value
      : this.fail(`must be a text of ${least} to ${most} characters`);
  }

  integer(least: number, most: number): number {
    const { value } = this;
    const fits = typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
    return fits ? value : this.fail(`must be a whole number from ${least} to ${most}`);
  }

  number(least: number, most: number): number {
    const { value } = this;
    const fits = typeof value === "number" && value >= least && value <= most;
    return fits ? value : this.fail(`must be a number from ${least} to ${most}`);
  }

  oneOf<Choice extends string>(...choices: readonly Choice[]): Choice {
    return choices.find((choice) => choice === this.value) ?? this.fail(`must be one of ${choices.join(", ")}`);
  }

  /** What `read` makes of it, or nothing when it is absent. */
  optional<T>(read: (field: Field) => T): T | undefined {
    return this.isAbsent ? undefined : read(this);
  }

  #below(name: string): string {
    return this.path === "" ? name : `${this.path}.${name}`;
  }
}
