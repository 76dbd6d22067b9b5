/**
 * Terms of templates are made of the cloud's own ids (facts: old clients reject dots and capitals; names change). A term
 * holds `[a-z0-9_-]` only, so any other byte is written `_` and two hex digits. Reversible: one term per id, one id per term.
 */
const PLAIN = /^[a-z0-9-]$/;
const ESCAPED = /^(?:[a-z0-9-]|_[0-9a-f]{2})+$/;

export function termOfId(id: string): string {
  let term = "";
  for (const byte of new TextEncoder().encode(id)) {
    const char = String.fromCharCode(byte);
    term += PLAIN.test(char) ? char : `_${byte.toString(16).padStart(2, "0")}`;
  }
  return term;
}

/** The id that a term stands for; nothing when no id has this term. */
export function idOfTerm(term: string): string | undefined {
  if (!ESCAPED.test(term)) return undefined;
  const bytes: number[] = [];
  for (let at = 0; at < term.length; at += 1) {
    if (term[at] === "_") {
      bytes.push(Number.parseInt(term.slice(at + 1, at + 3), 16));
      at += 2;
    } else {
      bytes.push(term.charCodeAt(at));
    }
  }
  try {
    const id = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
    return termOfId(id) === term ? id : undefined;
  } catch {
    return undefined;
  }
}
