/** Fault rules as JSON: read strictly, and shown again. */
import type { Fault, FaultEffect, FaultMatch, FaultNow, FaultRule } from "../faults.ts";
import { Field } from "../fields.ts";

/** Milliseconds; a day. */
const longest = 86_400_000;
const many = 1_000_000;
const words = ["cut-before", "cut-after", "hang-before", "hang-after"] as const;

export function readRule(body: unknown): FaultRule {
  const { match, effect, count, probability } = new Field(body).members("match", "effect", "count", "probability");
  const most = count.optional((field) => field.integer(1, many));
  const chance = probability.optional((field) => field.number(0, 1));
  return {
    match: match.isAbsent ? {} : readMatch(match),
    effect: readEffect(effect),
    ...(most === undefined ? {} : { count: most }),
    ...(chance === undefined ? {} : { probability: chance }),
  };
}

function readMatch(field: Field): FaultMatch {
  const members = field.members("service", "method", "path", "pattern", "nth");
  const service = members.service.optional((one) => one.text(64));
  const method = members.method.optional((one) => one.oneOf("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"));
  const path = members.path.optional((one) => one.text(512));
  const pattern = members.pattern.optional(readPattern);
  const nth = members.nth.optional((one) => one.integer(1, many));
  if (path !== undefined && pattern !== undefined) members.pattern.fail("path or pattern, not both");
  const where = pattern ?? path;
  return {
    ...(service === undefined ? {} : { service }),
    ...(method === undefined ? {} : { method }),
    ...(where === undefined ? {} : { path: where }),
    ...(nth === undefined ? {} : { nth }),
  };
}

/**
 * A regular expression that cannot take long: no groups with quantifiers, no references, no looking around, and two
 * repetitions without bound at most.
 */
function readPattern(field: Field): RegExp {
  const source = field.text(256);
  // What is escaped or in a class is one character; what is left is structure.
  const plain = source
    .replaceAll(/\\./g, (pair) => (/\\[1-9k]/.test(pair) ? "\u0001" : "x"))
    .replaceAll(/\[[^\]]*\]/g, "x");
  if (plain.includes("\u0001")) field.fail("unsafe: it refers to a group");
  if (/\(\?(?!:)/.test(plain)) field.fail("unsafe: groups with (? other than (?: are not taken");
  if (/\)[*+{]/.test(plain)) field.fail("unsafe: a group may not be repeated");
  if (/[*+?}][*+{]/.test(plain)) field.fail("unsafe: a repetition may not be repeated");
  if ([...plain.matchAll(/[*+]|\{/g)].length > 2) field.fail("unsafe: two repetitions at most");
  try {
    return new RegExp(source);
  } catch (cause) {
    return field.fail(`is no regular expression: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function readEffect(field: Field): FaultEffect {
  if (!field.isObject || !("delay" in field.entries())) return readNow(field);
  const { delay, next } = field.members("delay", "next");
  const milliseconds = delay.integer(0, longest);
  return next.isAbsent ? { delay: milliseconds } : { delay: milliseconds, next: readNow(next) };
}

function readNow(field: Field): FaultNow {
  if (typeof field.value === "string") return field.oneOf(...words);
  if (!field.isObject) return field.fail(`must be one of ${words.join(", ")}, or an object`);
  const given = field.entries();
  if ("slow" in given) {
    const { bytes, every } = field.members("slow").slow.members("bytes", "every");
    return { slow: { bytes: bytes.integer(1, many), every: every.integer(0, longest) } };
  }
  if ("truncate" in given) return { truncate: field.members("truncate").truncate.integer(0, 2 ** 31) };
  if (!("status" in given)) return field.fail("must have status, slow, truncate or delay");
  const { status, body, headers } = field.members("status", "body", "headers");
  return {
    status: status.integer(200, 599),
    ...(body.isAbsent ? {} : { body: body.value }),
    ...(headers.isAbsent ? {} : { headers: readHeaders(headers) }),
  };
}

/** Headers that would break the connection's own framing are refused. */
function readHeaders(field: Field): Record<string, string> {
  const given = Object.entries(field.entries());
  if (given.length > 64) field.fail("may have 64 headers at most");
  for (const [name, value] of given) {
    const at = new Field(value, `${field.path}.${name}`);
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/.test(name)) at.fail("is no name of a header");
    if (/^(?:content-length|transfer-encoding|connection|upgrade)$/i.test(name)) at.fail("is not yours to set");
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(at.text(4096, 0))) at.fail("has characters that a header may not have");
  }
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}

/** A rule in force, as it was given, and what it has done. */
export function shownFault({ id, rule, seen, happened }: Fault): Record<string, unknown> {
  const { path, ...match } = rule.match;
  const where =
    path === undefined ? {} : typeof path === "string" ? { path } : { pattern: path.source.replaceAll("\\/", "/") };
  return { id, ...rule, match: { ...match, ...where }, seen, happened };
}
