import { CloudError } from "../../cloud/index.ts";

/** Comparison operators of SOL 013 §5.2.2. */
export const OPERATORS = ["eq", "neq", "gt", "gte", "lt", "lte", "in", "nin", "cont", "ncont"] as const;
export type Operator = (typeof OPERATORS)[number];

/** One step of an attribute's path; `isKey` for `@key`, which addresses an entry of a map. */
export interface Step {
  readonly name: string;
  readonly isKey: boolean;
}

export interface Value {
  readonly text: string;
  readonly position: number;
}

/** `(op,path,value,…)`. Positions count UTF-16 units of the text as given, from 0. */
export interface Term {
  readonly operator: Operator;
  readonly path: readonly Step[];
  readonly values: readonly Value[];
  readonly position: number;
}

/** Everything, a name that contains a text, or terms that must all hold. */
export type FilterText =
  | { readonly kind: "all" }
  | { readonly kind: "name"; readonly contains: string }
  | { readonly kind: "terms"; readonly terms: readonly Term[] };

const PREFIX = "filter=";
/** More than any person writes, few enough to be evaluated against every resource of a page. */
const MAX_TERMS = 64;
/** SOL 013 §5.2.2, escapes within names. */
const ESCAPES: Readonly<Record<string, string>> = { "0": "~", "1": "/", a: ",", b: "@" };

/** Reads the grammar of SOL 013 §5.2.2, with or without upstream's literal `filter=`; linear in the text. */
export function parseFilter(text: string): FilterText {
  const start = text.startsWith(PREFIX) ? PREFIX.length : 0;
  const rest = text.slice(start);
  if (rest === "") return { kind: "all" };
  if (!rest.includes("(")) return { kind: "name", contains: rest };
  const reader = new Reader(text, start);
  const terms: Term[] = [];
  do {
    if (terms.length === MAX_TERMS) reader.fail(`more than ${MAX_TERMS} expressions`);
    terms.push(reader.term());
  } while (reader.accept(";"));
  reader.end();
  return { kind: "terms", terms };
}

export function filterFault(position: number, why: string): CloudError {
  return new CloudError("MALFORMED", `filter, position ${position}: ${why}`);
}

class Reader {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  term(): Term {
    const position = this.#at;
    this.#expect("(");
    const operator = this.#operator();
    this.#expect(",");
    const path = this.#path();
    const values: Value[] = [];
    while (this.accept(",")) values.push(this.#value());
    this.#expect(")");
    const takesSeveral = operator === "in" || operator === "nin" || operator === "cont" || operator === "ncont";
    if (values.length === 0) throw filterFault(position, `${operator} needs a value`);
    if (values.length > 1 && !takesSeveral) throw filterFault(position, `${operator} takes one value`);
    return { operator, path, values, position };
  }

  accept(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  end(): void {
    if (this.#at < this.#text.length) this.fail("expected ; or the end");
  }

  fail(why: string): never {
    throw filterFault(this.#at, why);
  }

  #expect(character: string): void {
    if (!this.accept(character)) this.fail(`expected ${character}`);
  }

  #operator(): Operator {
    const word = this.#until(",)");
    const operator = OPERATORS.find((one) => one === word.text);
    if (operator === undefined) throw filterFault(word.position, `unknown operator; there are ${OPERATORS.join(" ")}`);
    return operator;
  }

  #path(): Step[] {
    const { text, position } = this.#until(",)");
    if (text === "") throw filterFault(position, "an attribute must be named");
    return text.split("/").map((part) => {
      const isKey = part.startsWith("@");
      const name = (isKey ? part.slice(1) : part).replace(/~(.?)/gs, (_, code: string) => {
        const character = ESCAPES[code];
        if (character === undefined) throw filterFault(position, "~ must be followed by 0, 1, a or b");
        return character;
      });
      if (name === "") throw filterFault(position, "a part of the attribute's name is empty");
      return { name, isKey };
    });
  }

  #value(): Value {
    if (this.#text[this.#at] !== "'") return this.#until(",)");
    const position = this.#at;
    let text = "";
    let at = this.#at + 1;
    for (;;) {
      const quote = this.#text.indexOf("'", at);
      if (quote < 0) throw filterFault(position, "the quote is not closed");
      text += this.#text.slice(at, quote);
      at = quote + 1;
      if (this.#text[at] !== "'") break;
      text += "'";
      at += 1;
    }
    this.#at = at;
    return { text, position };
  }

  /** What stands before the next of the stop characters. */
  #until(stops: string): Value {
    const position = this.#at;
    let at = position;
    while (at < this.#text.length && !stops.includes(this.#text[at] ?? "")) at += 1;
    if (at === this.#text.length) throw filterFault(at, "expected , or )");
    this.#at = at;
    return { text: this.#text.slice(position, at), position };
  }
}
