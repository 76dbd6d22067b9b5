import { CloudError } from "../../cloud/index.ts";

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
/** Members by name. A map has no prototype that a member called `__proto__` could reach. */
export type JsonObject = ReadonlyMap<string, Json>;

const DEEPEST = 32;
const BLANK = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const PLAIN = /[^"\\]*/y;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

export function isObject(json: Json | undefined): json is JsonObject {
  return json instanceof Map;
}

/** RFC 8259 and nothing else; a name given twice is refused, and so is anything nested deeper than 32. */
export function parseJson(text: string): Json {
  const reader = new Reader(text);
  return reader.document();
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Json {
    const json = this.#value(0);
    this.#blank();
    if (this.#at < this.#text.length) throw this.#fail("text after the end");
    return json;
  }

  #fail(message: string): CloudError {
    const before = this.#text.slice(0, this.#at);
    const line = before.split("\n").length;
    const column = this.#at - before.lastIndexOf("\n");
    return new CloudError("MALFORMED", `JSON, line ${line}, column ${column}: ${message}`);
  }

  #blank(): void {
    BLANK.lastIndex = this.#at;
    BLANK.test(this.#text);
    this.#at = BLANK.lastIndex;
  }

  #take(char: string): boolean {
    this.#blank();
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #value(depth: number): Json {
    if (depth > DEEPEST) throw this.#fail(`nested deeper than ${DEEPEST}`);
    if (this.#take("{")) return this.#object(depth);
    if (this.#take("[")) return this.#array(depth);
    if (this.#text[this.#at] === '"') return this.#string();
    for (const [word, value] of [
      ["true", true],
      ["false", false],
      ["null", null],
    ] as const) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return this.#number();
  }

  #object(depth: number): JsonObject {
    const members = new Map<string, Json>();
    if (this.#take("}")) return members;
    do {
      this.#blank();
      if (this.#text[this.#at] !== '"') throw this.#fail("a member's name is expected");
      const name = this.#string();
      if (members.has(name)) throw this.#fail(`member ${JSON.stringify(name)} is given twice`);
      if (!this.#take(":")) throw this.#fail('":" is expected');
      members.set(name, this.#value(depth + 1));
    } while (this.#take(","));
    if (!this.#take("}")) throw this.#fail('"," or "}" is expected');
    return members;
  }

  #array(depth: number): readonly Json[] {
    const items: Json[] = [];
    if (this.#take("]")) return items;
    do items.push(this.#value(depth + 1));
    while (this.#take(","));
    if (!this.#take("]")) throw this.#fail('"," or "]" is expected');
    return items;
  }

  #number(): number {
    NUMBER.lastIndex = this.#at;
    const digits = NUMBER.exec(this.#text)?.[0];
    if (digits === undefined) throw this.#fail("a value is expected");
    const value = Number(digits);
    if (!Number.isFinite(value)) throw this.#fail("the number is too large");
    this.#at += digits.length;
    return value;
  }

  #string(): string {
    const parts: string[] = [];
    this.#at += 1;
    for (;;) {
      PLAIN.lastIndex = this.#at;
      const plain = PLAIN.exec(this.#text)?.[0] ?? "";
      for (let at = 0; at < plain.length; at += 1) {
        if (plain.charCodeAt(at) >= 0x20) continue;
        this.#at += at;
        throw this.#fail("a control character must be escaped");
      }
      parts.push(plain);
      this.#at += plain.length;
      const char = this.#text[this.#at];
      if (char === undefined) throw this.#fail("a string is never closed");
      this.#at += 1;
      if (char === '"') break;
      parts.push(this.#escape());
    }
    const text = parts.join("");
    if (!text.isWellFormed()) throw this.#fail("half of a surrogate pair is no text");
    return text;
  }

  #escape(): string {
    const char = this.#text[this.#at] ?? "";
    if (char === "u") {
      const digits = this.#text.slice(this.#at + 1, this.#at + 5);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#fail("\\u needs four hex digits");
      this.#at += 5;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const plain = ESCAPES.get(char);
    if (plain === undefined) throw this.#fail("an unknown escape");
    this.#at += 1;
    return plain;
  }
}
