import { type DescField, type DescMessage, type JsonObject, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import type { Random } from "./random.ts";

/** JSON for a message that is mostly of the right shape, sometimes true, sometimes absurd. */
export interface Pools {
  /** Values that mean something in the world behind, by a part of the field's JSON path. */
  readonly known: readonly { readonly at: RegExp; readonly values: readonly string[] }[];
}

/** What the texts of a message are taken from, secrets and all others. */
export const FUZZ_TEXTS = [
  "",
  "x",
  "vimana:marker",
  "../../etc/passwd",
  "'",
  '"',
  "(",
  "(eq,name,x)",
  "\u0000",
  "\u{1F600}",
  "10.0.0.0/24",
  "10.0.0.5",
  "fd00::/64",
  "START",
  "stop",
  "-1",
  "null",
  "%2e%2e",
  "a\r\nb: c",
  "x".repeat(300),
];
const ODD: readonly JsonValue[] = [null, true, 0, -1, 1e308, 2 ** 63, "", "x", [], {}, [[]], { value: 1 }, [null]];
const ODDITY = 0.02;
const PRESENCE = 0.45;
const MAX_DEPTH = 6;

const TIMES = ["2026-11-28T22:47:00Z", "1970-01-01T00:00:00.001Z", "9999-12-31T23:59:59.120Z"];

export function fuzzMessage(random: Random, type: DescMessage, pools: Pools, path = "", depth = 0): JsonObject {
  const json: JsonObject = {};
  for (const field of type.fields) {
    const isPresent = depth < MAX_DEPTH && random.chance(depth === 0 ? PRESENCE : 0.6);
    if (isPresent) json[field.jsonName] = fuzzField(random, field, pools, `${path}/${field.jsonName}`, depth);
  }
  if (random.chance(ODDITY)) json[random.pick(["surprise", "__proto__", "constructor", "näme"])] = random.pick(ODD);
  return json;
}

function fuzzField(random: Random, field: DescField, pools: Pools, path: string, depth: number): JsonValue {
  if (random.chance(ODDITY)) return random.pick(ODD);
  switch (field.fieldKind) {
    case "message":
      if (field.message.typeName === "google.protobuf.Timestamp") return random.pick(TIMES);
      return fuzzMessage(random, field.message, pools, path, depth + 1);
    case "list":
      return Array.from({ length: random.below(3) }, () => {
        if (field.listKind === "message") return fuzzMessage(random, field.message, pools, path, depth + 1);
        return field.listKind === "scalar" ? fuzzScalar(random, field.scalar, pools, path) : random.below(9);
      });
    case "map":
      return { [fuzzText(random, pools, path)]: fuzzText(random, pools, path) };
    case "enum":
      return random.chance(0.8) ? random.pick(field.enum.values).name : random.pick([-1, 0, 1, 2, 77, "WOBBLY"]);
    case "scalar":
      return fuzzScalar(random, field.scalar, pools, path);
  }
}

function fuzzScalar(random: Random, scalar: ScalarType, pools: Pools, path: string): JsonValue {
  if (scalar === ScalarType.STRING) return fuzzText(random, pools, path);
  if (scalar === ScalarType.BOOL) return random.chance(0.5);
  return random.pick([0, 1, 7, 4095, 1.5, -1, 2 ** 32, "9007199254740993"]);
}

function fuzzText(random: Random, { known }: Pools, path: string): string {
  const pool = known.find(({ at }) => at.test(path));
  return pool !== undefined && random.chance(0.8) ? random.pick(pool.values) : random.pick(FUZZ_TEXTS);
}
