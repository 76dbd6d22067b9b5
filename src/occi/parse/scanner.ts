import { CloudError } from "../../cloud/index.ts";
import { hasControl, type Value } from "../attribute.ts";

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]*/y;
const QUOTE = '"'.charCodeAt(0);
const BACKSLASH = "\\".charCodeAt(0);
const ESCAPE = /\\(["\\])/g;
const NUMBER = /^-?\d+(?:\.\d+)?$/;

/**
 * Reads one header value or the text after one line's name, from left to right and never back: linear time whatever a
 * client sends. Every refusal names the place.
 */
export class Scanner {
  readonly #text: string;
  readonly #name: string;
  #at = 0;

  constructor(name: string, text: string) {
    this.#name = name;
    this.#text = text;
    if (hasControl(text) && hasControl(text.replaceAll("\t", " ")))
      throw this.fail("a control character is not allowed");
    this.skipBlank();
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  fail(message: string): CloudError {
    return new CloudError("MALFORMED", `${this.#name}, character ${this.#at + 1}: ${message}`, { field: this.#name });
  }

  skipBlank(): void {
    while (this.#text[this.#at] === " " || this.#text[this.#at] === "\t") this.#at += 1;
  }

  /** Takes the character if it is the next one, and blanks around it. */
  take(char: string): boolean {
    this.skipBlank();
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    this.skipBlank();
    return true;
  }

  expect(char: string): void {
    if (!this.take(char)) throw this.fail(`"${char}" is expected`);
  }

  token(what: string): string {
    const token = this.tokenOrNothing();
    if (token === undefined) throw this.fail(`${what} is expected`);
    return token;
  }

  tokenOrNothing(): string | undefined {
    TOKEN.lastIndex = this.#at;
    const token = TOKEN.exec(this.#text)?.[0] ?? "";
    this.#at += token.length;
    return token === "" ? undefined : token;
  }

  /** Everything up to a character, which is taken too. */
  until(char: string, what: string): string {
    const end = this.#text.indexOf(char, this.#at);
    if (end < 0) throw this.fail(`${what} has no "${char}" at its end`);
    const text = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return text;
  }

  /** Everything up to the next comma or blank or the end. */
  word(): string {
    let end = this.#at;
    while (end < this.#text.length && !", \t".includes(this.#text.charAt(end))) end += 1;
    const word = this.#text.slice(this.#at, end);
    this.#at = end;
    return word;
  }

  isQuoted(): boolean {
    return this.#text[this.#at] === '"';
  }

  /** A quoted string; only `\"` and `\\` are escapes (GFD.229 §4.3). */
  quoted(what: string): string {
    if (!this.isQuoted()) throw this.fail(`${what} must be in quotes`);
    const from = this.#at + 1;
    const end = this.#text.indexOf('"', from);
    const plain = this.#text.slice(from, end);
    if (end >= 0 && !plain.includes("\\")) {
      this.#at = end + 1;
      return plain;
    }
    for (let at = from; at < this.#text.length; at += 1) {
      const char = this.#text.charCodeAt(at);
      if (char === QUOTE) {
        const said = this.#text.slice(from, at);
        this.#at = at + 1;
        return said.replaceAll(ESCAPE, "$1");
      }
      if (char !== BACKSLASH) continue;
      at += 1;
      const next = this.#text.charCodeAt(at);
      if (next !== QUOTE && next !== BACKSLASH) {
        this.#at = at - 1;
        throw this.fail('a backslash must stand before \\ or "');
      }
    }
    throw this.fail("a quote is never closed");
  }

  /** A value of an attribute: quoted string, number, `true`, `false`, or a bare word. */
  value(): Value {
    if (this.isQuoted()) return this.quoted("a value");
    const token = this.token("a value");
    if (token === "true" || token === "false") return token === "true";
    if (NUMBER.test(token)) return this.#number(token);
    if (/^[-\d]/.test(token)) throw this.fail(`"${token}" is neither a number nor in quotes`);
    return token;
  }

  #number(token: string): number {
    const value = Number(token);
    if (!Number.isFinite(value)) throw this.fail("the number is too large");
    return value;
  }

  /** After a list member: the comma before the next one, or the end. Says whether there may be more. */
  next(): boolean {
    this.skipBlank();
    if (this.isAtEnd) return false;
    this.expect(",");
    return true;
  }

  /** Empty list members are skipped, as RFC 9110 §5.6.1.2 asks of recipients. */
  skipEmpty(): void {
    while (this.take(","));
  }
}
