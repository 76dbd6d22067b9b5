/** Secrets that are planted, and every form in which one of them could sing. */
import { randomBytes } from "node:crypto";

/** A word that stands nowhere else, and that would survive in a URL, a header and a shell. */
export function canary(what: string): string {
  return `c4n4ry-${what}-${randomBytes(9).toString("hex")}`;
}

/** The secret as it is, percent-encoded, in hexadecimal, and in base64 wherever in a text it began. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].flatMap((offset) => {
    // The characters at both ends also hold bits of the neighbours.
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const inner = shifted.slice(offset === 0 ? 0 : offset + 1, -1);
    return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
  });
  return [
    ...new Set([
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      bytes.toString("hex"),
      ...base64,
    ]),
  ];
}

/** Keystone's tokens, whoever has got them. */
const TOKEN = /gAAAA[\w-]{20,}/;

/** Where which secret was found, as `place: secret`. */
export function listen(secrets: readonly string[], places: Readonly<Record<string, string>>): readonly string[] {
  const forms = secrets.map((secret) => ({ secret, all: formsOf(secret) }));
  return Object.entries(places).flatMap(([place, text]) => [
    ...forms.filter(({ all }) => all.some((form) => text.includes(form))).map(({ secret }) => `${place}: ${secret}`),
    ...(TOKEN.test(text) ? [`${place}: a token, ${TOKEN.exec(text)?.[0].slice(0, 12)}…`] : []),
  ]);
}
