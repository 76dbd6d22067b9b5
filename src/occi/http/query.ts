import { CloudError } from "../../cloud/index.ts";
import { invalid } from "../check.ts";
import type { Page } from "../operate/pages.ts";
import type { Limits } from "./input.ts";
import { isWriting } from "./prefer.ts";

export type { Page };

/** What stands behind the question mark. */
export interface Query {
  readonly action: string | undefined;
  readonly page: Page | undefined;
  /** Discovery: also what belongs to the filter's categories (GFD.223 §9.1 says "related", GFD.185 §3.4.1 exact). */
  readonly isRelated: boolean;
}

const KNOWN = ["action", "page", "number", "related"];
const DEFAULT_NUMBER = 100;

/** `action` means nothing on a read; on a write that is no call of it, it must not be taken for less than it says. */
export function readQuery(text: string, { pageSize }: Limits, method = "POST"): Query {
  const query = new URLSearchParams(text);
  for (const name of query.keys()) {
    if (KNOWN.includes(name)) continue;
    throw new CloudError("UNKNOWN_ATTRIBUTE", `there is no parameter "${name}"`, { field: name });
  }
  const [action, ...more] = isWriting(method) ? query.getAll("action") : [];
  if (action !== undefined && method !== "POST") throw invalid("action", "an action is called with POST");
  if (more.length > 0 || action === "") throw invalid("action", "exactly one action is expected");
  const related = query.get("related") ?? "false";
  if (related !== "true" && related !== "false") throw invalid("related", "true or false is expected");
  return { action, page: readPage(query, pageSize), isRelated: related === "true" };
}

function readPage(query: URLSearchParams, most: number): Page | undefined {
  const page = readCount(query, "page");
  const number = readCount(query, "number");
  if (page === undefined && number === undefined) return undefined;
  if (number !== undefined && number > most) {
    throw new CloudError("TOO_LARGE", `a page holds at most ${most} members`, { field: "number" });
  }
  return { page: page ?? 1, number: number ?? Math.min(DEFAULT_NUMBER, most) };
}

function readCount(query: URLSearchParams, name: string): number | undefined {
  const [text, ...more] = query.getAll(name);
  if (text === undefined) return undefined;
  const count = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (count < 1 || more.length > 0) throw invalid(name, "one whole number from 1 on is expected");
  return count;
}
