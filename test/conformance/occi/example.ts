import { readFileSync } from "node:fs";
import type { HeaderList } from "../../support/occiDoor.ts";

/** One recorded exchange: `# key: value` lines, then the request with `> `, then the response with `< `. */
export interface Example {
  readonly meta: Readonly<Record<string, string>>;
  readonly line: string;
  readonly headers: HeaderList;
  readonly body: Buffer | undefined;
  readonly answer: { readonly status: number; readonly headers: HeaderList; readonly body: string } | undefined;
}

export type Eol = "lf" | "crlf";

export function loadExample(file: string, eol?: Eol): Example {
  const text = readFileSync(new URL(`examples/${file}`, import.meta.url), "utf8");
  const marked = (mark: string) =>
    text
      .split("\n")
      .filter((line) => line.startsWith(mark))
      .map((line) => line.slice(2));
  const meta = Object.fromEntries(
    marked("#").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const request = part(marked(">"));
  const response = part(marked("<"));
  const ending = (eol ?? meta.eol) === "crlf" ? "\r\n" : "\n";
  const [line = ""] = request.head;
  const [status = ""] = response.head;
  const isList = request.headers.some(([, value]) => value === "text/uri-list");
  const lines = request.body.join(ending) + (isList && request.body.length > 0 ? ending : "");
  return {
    meta,
    line: line.replace(/ HTTP\/1\.1$/, ""),
    headers: request.headers,
    body: request.hasBody ? unmask(repeat(lines), meta.escape) : undefined,
    answer:
      status === ""
        ? undefined
        : {
            status: Number(status.split(" ")[1]),
            headers: response.headers,
            body: response.body.join(meta.eol === "crlf" ? "\r\n" : "\n"),
          },
  };
}

function part(lines: readonly string[]) {
  const blank = lines.indexOf("");
  const head = blank < 0 ? lines : lines.slice(0, blank);
  return {
    head: head.slice(0, 1),
    headers: head.slice(1).map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
    }),
    body: blank < 0 ? [] : lines.slice(blank + 1),
    hasBody:
      blank >= 0 && !/^(?:GET|HEAD|DELETE)\b/.test(lines[0] ?? "") ? true : lines.length > blank + 1 && blank >= 0,
  };
}

/** `{{rep:TEXT:N}}` stands for TEXT, N times. */
function repeat(text: string): string {
  return text.replace(/\{\{rep:(.*):(\d+)\}\}/s, (_, what: string, count: string) => what.repeat(Number(count)));
}

function unmask(text: string, how: string | undefined): Buffer {
  if (how === "bytes") {
    const latin = text.replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    return Buffer.from(latin, "latin1");
  }
  if (how !== "yes") return Buffer.from(text);
  const plain = text
    .replaceAll("\\r", "\r")
    .replaceAll("\\n", "\n")
    .replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(plain);
}
