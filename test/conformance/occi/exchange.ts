import { readFileSync } from "node:fs";
import type { HeaderList } from "../../support/occiClient.ts";

/**
 * Exchanges in a file, each with what must come of it:
 *
 * ```
 * == 201 why it is here                what is tried; a refusal must leave everything as it was, and so must a read
 * POST /storage/ plain > json          request line; type of what is sent (plain, occi, json, uris), and of what is wanted
 * > If-Match: "x"                      a header
 * Category: …                          the body, or with `occi` the headers that are the message
 * < text                               in the answer's body; `<!` not in it, `<=` all of it, `<~` a regular expression in it,
 * <h location ~ ^https:                in a header; `<#` how many lines there are
 * -- 200 what is so afterwards         a request that follows; `$LOC` is the path of the `Location` above
 * ++ 200 what is so before             one that precedes the next `==`
 * ```
 *
 * `stranger:` before the words lets another project ask. `{web1}` and the like are names (see NAMES), `{{rep:TEXT:N}}`, `{{u:XXXX}}`
 * and `{{bytes:HEX}}` what cannot be typed, `{{empty}}` is an empty body, `{{body}}…` one beside headers that are the message.
 */
export interface Step {
  readonly status: number;
  readonly why: string;
  readonly isStranger: boolean;
  readonly line: string;
  readonly headers: HeaderList;
  readonly body: Buffer | undefined;
  readonly isText: boolean;
  readonly wanted: readonly Wanted[];
}

export interface Wanted {
  readonly how: "<" | "<!" | "<=" | "<~" | "<#" | "<h";
  readonly what: string;
}

export interface Tried {
  readonly before: readonly Step[];
  readonly step: Step;
  readonly after: readonly Step[];
}

const NAMES: Readonly<Record<string, string>> = {
  web1: "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a1001",
  web2: "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a1002",
  lan0: "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a2001",
  free: "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a3001",
  used: "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a3002",
  card: "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a4001",
  plug: "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a5001",
  I: "http://schemas.ogf.org/occi/infrastructure",
  C: "http://schemas.ogf.org/occi/core#",
  OS: "http://schemas.openstack.org/template/os#",
  RES: "http://schemas.openstack.org/template/resource#",
  MY: "http://example.com/occi/my_stuff#",
  TAGS: "http://example.com/occi/tags#",
};

const TYPES: Readonly<Record<string, string>> = {
  plain: "text/plain",
  occi: "text/occi",
  json: "application/occi+json",
  uris: "text/uri-list",
};

export function loadExchanges(file: string): readonly Tried[] {
  const text = readFileSync(new URL(`exchanges/${file}`, import.meta.url), "utf8");
  const blocks = text.split(/^(?=(?:==|--|\+\+) )/m).slice(1);
  const tried: { before: Step[]; step: Step; after: Step[] }[] = [];
  let before: Step[] = [];
  for (const block of blocks) {
    const step = stepOf(block.trimEnd().split("\n"));
    if (block.startsWith("++")) before.push(step);
    else if (block.startsWith("--")) tried.at(-1)?.after.push(step);
    else {
      tried.push({ before, step, after: [] });
      before = [];
    }
  }
  return tried;
}

function stepOf([head = "", request = "", ...rest]: readonly string[]): Step {
  const [, status = "", who, why = ""] = /^.. (\d+) (stranger: )?(.*)$/.exec(head) ?? [];
  const [, line = "", sent, wantedType] =
    /^(\S+ \S+)(?: (plain|occi|json|uris))?(?: > (plain|occi|json|uris))?$/.exec(request) ?? [];
  if (line === "") throw new Error(`no request in "${head}"`);
  const headers: [string, string][] = [];
  if (sent !== undefined) headers.push(["Content-Type", TYPES[sent] ?? ""]);
  if (wantedType !== undefined) headers.push(["Accept", TYPES[wantedType] ?? ""]);
  const lines: string[] = [];
  const wanted: Wanted[] = [];
  for (const one of rest) {
    const [, how, what] = /^(<[!=~#h]?)(?: (.*))?$/.exec(one) ?? [];
    if (how !== undefined) wanted.push({ how: how as Wanted["how"], what: spell(what ?? "") });
    else if (one.startsWith("> ")) headers.push(headerOf(spell(one.slice(2))));
    else if (sent === "occi" && !one.startsWith("{{body}}")) headers.push(headerOf(spell(one)));
    else if (!one.startsWith("#")) lines.push(one);
  }
  return {
    status: Number(status),
    why,
    isStranger: who !== undefined,
    line: spell(line),
    headers,
    body: lines.length === 0 ? undefined : bodyOf(lines.join("\n")),
    isText: sent === "plain",
    wanted,
  };
}

function headerOf(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function bodyOf(text: string): Buffer {
  const said = text.replace(/^\{\{body\}\}/, "").replace("{{empty}}", "");
  const [, hex] = /^\{\{bytes:([0-9a-f]*)\}\}$/.exec(said) ?? [];
  return hex === undefined ? Buffer.from(spell(said)) : Buffer.from(hex, "hex");
}

function spell(text: string): string {
  return text
    .replaceAll(/\{\{rep:(.*?):(\d+)\}\}/g, (_, what: string, count: string) => what.repeat(Number(count)))
    .replaceAll(/\{\{u:([0-9a-f]{4})\}\}/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/\{(\w+)\}/g, (whole, name: string) => NAMES[name] ?? whole);
}
