/** Filters of Cinder's lists. Its database compares text without regard to case (seen live). */
import { readBoolean } from "../core/checks.ts";
import { isObject, type Json, parseJson } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Call, Filter } from "../core/types.ts";
import { invalidInput } from "./errors.ts";

/** A query parameter that must be a boolean; absent means false. */
export function boolParam(call: Call, name: string): boolean {
  const value = call.query.getAll(name).at(-1);
  if (value === undefined) return false;
  const read = readBoolean(value);
  if (read === undefined) throw new Refusal(400, `Value '${value}' for '${name}' is not a boolean.`);
  return read;
}

/** Whether an administrator asked for all projects' rows; others are not heard. */
export function allTenants(call: Call): boolean {
  return call.actor.admin && boolParam(call, "all_tenants");
}

/** The same text; null equals nothing. */
export function same(column: string): Filter {
  return (values) => {
    const wanted = (values.at(-1) ?? "").toLowerCase();
    return (row) => row[column] !== null && String(row[column]).toLowerCase() === wanted;
  };
}

/** Pairs that must all be in an object; written as a Python or JSON dictionary, else nothing matches. */
export function pairs(column: string): Filter {
  return (values) => {
    const wanted = readPairs(values.at(-1) ?? "");
    return (row) => {
      const held = row[column];
      if (wanted === undefined || !isObject(held)) return false;
      return Object.entries(wanted).every(([key, value]) => held[key] === value);
    };
  };
}

function readPairs(source: string): Readonly<Record<string, Json>> | undefined {
  for (const text of [source, source.replaceAll("'", '"')])
    try {
      const read = parseJson(text);
      if (isObject(read)) return read;
    } catch {
      // Not JSON: the next spelling, or nothing.
    }
  return undefined;
}

/** `bootable`: from 3.2 on it must be a boolean, before anything else than false meant true. */
export const bootable: Filter = (values, call) => {
  const value = values.at(-1) ?? "";
  const read = readBoolean(value);
  if (read === undefined && call.version >= 2) throw invalidInput(`'bootable = ${value}'`);
  return (row) => row.bootable === (read ?? true);
};

/** `consumes_quota`, from 3.65 on; everything does. */
export const consumesQuota: Filter = (values, call) => {
  const read = readBoolean(values.at(-1) ?? "");
  if (read === undefined) throw new Refusal(400, `Value '${values.at(-1)}' for 'consumes_quota' is not a boolean.`);
  return () => call.version < 65 || read;
};

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
  eq: (a, b) => a === b,
  neq: (a, b) => a !== b,
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
};

/** `gt:2020-01-01T00:00:00,lt:…`: times without a zone are UTC; seconds count. */
export function time(column: string): Filter {
  return (values) => {
    const tests = (values.at(-1) ?? "").split(",").map((unit) => {
      const [operator = "", ...rest] = unit.split(":");
      const compare = Object.hasOwn(comparisons, operator) ? comparisons[operator] : undefined;
      if (compare === undefined) throw new Refusal(400, `Invalid ${operator} operator`);
      const text = rest.join(":");
      const at = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(text) || !text.includes("T") ? text : `${text}Z`);
      if (Number.isNaN(at)) throw new Refusal(400, `Invalid ${text} value`);
      return { compare, at: Math.floor(at / 1000) };
    });
    return (row) => {
      const own = row[column];
      return typeof own === "number" && tests.every(({ compare, at }) => compare(Math.floor(own / 1000), at));
    };
  };
}
