/**
 * Reading of the clouds' JSON: what must be there is asked for by name, and its absence is the cloud's fault, told with
 * the path; what nobody asks for is ignored, for every service may grow fields.
 */
import { CloudError } from "../../cloud/index.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

function unexpected(path: string, wanted: string): CloudError {
  return new CloudError("UPSTREAM_FAILED", `the cloud's answer is not understood: ${path} is not ${wanted}`);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function asObject(value: unknown, path: string): JsonObject {
  if (!isObject(value)) throw unexpected(path, "an object");
  return value;
}

export function asList(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw unexpected(path, "a list");
  return value;
}

export function asObjects(value: unknown, path: string): readonly JsonObject[] {
  return asList(value, path).map((item, index) => (isObject(item) ? item : asObject(item, `${path}[${index}]`)));
}

export function asText(value: unknown, path: string): string {
  if (typeof value !== "string") throw unexpected(path, "text");
  return value;
}

/** Text, or nothing for null, absent and empty: the services use all three for "none". */
export function textOrNone(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Text, with "" for null and absent. */
export function textOrEmpty(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function asNumber(value: unknown, path: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw unexpected(path, "a number");
  return value;
}

export function numberOrNone(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A number, with 0 for absent, null and "" (Nova's word for no swap before 2.75). */
export function numberOrZero(value: unknown): number {
  return numberOrNone(value) ?? 0;
}

export function flag(value: unknown, absent: boolean): boolean {
  return typeof value === "boolean" ? value : absent;
}

/** The texts of a list; an absent list is empty. */
export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** The entries of an object whose values are text. */
export function textEntries(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) return {};
  const pairs: [string, string][] = [];
  for (const [key, item] of Object.entries(value)) if (typeof item === "string") pairs.push([key, item]);
  return Object.fromEntries(pairs);
}

const ZONE = /(?:Z|[+-]\d\d:?\d\d)$/i;

/** A time; one without a zone is UTC (house, "Time"). */
export function asTime(value: unknown, path: string): Date {
  const text = asText(value, path);
  const time = new Date(ZONE.test(text) ? text : `${text}Z`);
  if (Number.isNaN(time.getTime())) throw unexpected(path, "a time");
  return time;
}

/** Parses a body; one that is no JSON object is the cloud's fault. */
export function parseObject(text: string, what: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CloudError("UPSTREAM_FAILED", `the cloud's answer is not understood: ${what} is not JSON`, { cause });
  }
  return asObject(value, what);
}
