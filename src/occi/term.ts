/**
 * Terms of templates are made of the cloud's own ids, since old clients reject dots and capitals and names change. A term
 * holds `[a-z0-9_-]` only, so any other byte is written `_` and two hex digits; and because a term begins with a letter
 * or digit, one that would not gets `x__` in front, which no other id leads to. Reversible: one term per id, one id per term.
 */
const PLAIN = /^[a-z0-9-]$/;
const ESCAPED = /^(?:[a-z0-9-]|_[0-9a-f]{2})+$/;
/** Most ids, UUIDs among them, are their own terms. */
const SAME = /^[a-z0-9][a-z0-9-]*$/;
const BEGINNING = /^[a-z0-9]/;
const PREFIX = "x__";

export function termOfId(id: string): string {
  if (SAME.test(id)) return id;
  let term = "";
  for (const byte of new TextEncoder().encode(id)) {
    const char = String.fromCharCode(byte);
    term += PLAIN.test(char) ? char : `_${byte.toString(16).padStart(2, "0")}`;
  }
  return BEGINNING.test(term) ? term : PREFIX + term;
}

/** The id that a term stands for; nothing when no id has this term. */
export function idOfTerm(term: string): string | undefined {
  if (SAME.test(term)) return term;
  const escaped = term.startsWith(PREFIX) ? term.slice(PREFIX.length) : term;
  if (!ESCAPED.test(escaped)) return undefined;
  const bytes: number[] = [];
  for (let at = 0; at < escaped.length; at += 1) {
    if (escaped[at] === "_") {
      bytes.push(Number.parseInt(escaped.slice(at + 1, at + 3), 16));
      at += 2;
    } else {
      bytes.push(escaped.charCodeAt(at));
    }
  }
  try {
    const id = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
    return termOfId(id) === term ? id : undefined;
  } catch {
    return undefined;
  }
}
