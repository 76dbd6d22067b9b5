import type { HeaderList } from "../../../support/occiClient.ts";
import { WEB1, WEB2 } from "../../../support/occiDoor.ts";

/**
 * Faulty requests beside the recorded ones: the same three classes, more of each. Rows of a status, why, the request line, a type and
 * what is said: lines of text (or headers, for `text/occi`), or JSON.
 */
export interface Faulty {
  readonly status: number;
  readonly why: string;
  readonly line: string;
  readonly headers: HeaderList;
  readonly body?: string;
}

export const I = "http://schemas.ogf.org/occi/infrastructure";
export const OS = "http://schemas.openstack.org/template/os#";
export const RES = "http://schemas.openstack.org/template/resource#";
export const STUFF = "http://example.com/occi/my_stuff#";
export const category = (scheme: string, term: string, word: string) =>
  `Category: ${term}; scheme="${scheme}"; class="${word}"`;
export const kind = (term: string) => category(`${I}#`, term, "kind");
export const action = (of: string, term: string) => category(`${I}/${of}/action#`, term, "action");
export const at = (name: string, value: string) => `X-OCCI-Attribute: ${name}=${value}`;
export const mixin = (term: string, more: string) =>
  `Category: ${term}; scheme="http://example.com/occi/tags#"; class="mixin"${more}`;
export const ends = (source: string, target: string) => [
  at("occi.core.source", `"${source}"`),
  at("occi.core.target", `"${target}"`),
];

export function text(status: number, why: string, line: string, ...lines: readonly string[]): Faulty {
  return { status, why, line, headers: [["Content-Type", "text/plain"]], body: lines.join("\n") };
}

export function json(status: number, why: string, line: string, body: unknown): Faulty {
  const whole = typeof body === "string" ? body : JSON.stringify(body);
  return { status, why, line, headers: [["Content-Type", "application/occi+json"]], body: whole };
}

export function bare(status: number, why: string, line: string, ...headers: HeaderList): Faulty {
  return { status, why, line, headers };
}

export const compute = kind("compute");
export const storage = kind("storage");
export const size = at("occi.storage.size", "1.0");
export const web1 = `/compute/${WEB1}`;
export const web2 = `/compute/${WEB2}`;
