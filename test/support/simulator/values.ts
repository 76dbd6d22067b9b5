import type { Schema } from "../openapi/documents.ts";
import type { Random } from "../random.ts";
import type { Pool } from "./pools.ts";

const long = "x".repeat(300);

/** Texts that are wrong nearly everywhere, each in another way. */
const TEXTS = [
  ..."0|-1|1e309|null|true|None|[]|(|'|%|%00|%2e%2e|../../etc/passwd|a,b|in:a,b|gt:1|not:|{}|\\u0000|\u0000|\u{1F600}".split(
    "|",
  ),
  ..."ä\u0308\u202e|a\r\nx-evil: 1|\ud800|10.0.0.0/24|10.0.0.7|::/0|1.2.3.4/33|ff:ff:ff:ff:ff:ff|99999999999999999999".split(
    "|",
  ),
  ..."constructor|__proto__|toString|hasOwnProperty|2026-11-28T22:47:00Z|9999-99-99|<b>&".split("|"),
  "",
  " ",
  long,
  long.repeat(240),
];

const NUMBERS = [0, -0, 1, -1, 0.5, 65_535, 65_536, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308];
const ODD: readonly unknown[] = [
  null,
  true,
  false,
  ...NUMBERS,
  "",
  "x",
  [],
  {},
  [[]],
  [null],
  [{}],
  { id: null },
  { x: [1] },
];
const KEYS = ["surprise", "__proto__", "constructor", "toString", "näme", "", "id", "project_id", "links", long];
const ADDRESSES = ["10.0.0.9", "192.168.7.3", "fd00::7", "0.0.0.0", "255.255.255.255"];

/** What a format's or a name's value looks like when it is right. */
const FORMS: readonly (readonly [RegExp, readonly unknown[]])[] = [
  [/date-?time|_at$|since|before/i, ["2026-11-28T22:47:00Z", "2026-11-28", "1970-01-01T00:00:00"]],
  [/cidr|ip_prefix|remote_ip/i, ["10.77.0.0/24", "10.77.1.0/28", "fd00:77::/64", "0.0.0.0/0"]],
  [/ipv?4|ipv?6|^ip|ip_address|gateway_ip|nexthop|^start$|^end$/i, ADDRESSES],
  [/mac/i, ["fa:16:3e:00:00:01", "00:00:00:00:00:00"]],
  [/uri|url/i, ["http://127.0.0.1/", "ftp://x", "http://"]],
  [/size|disk|ram|vcpus|count|weight|limit/i, [0, 1, 2, 8, "1"]],
  [
    /protocol|ethertype|direction|type|status|policy/i,
    "tcp|icmp|IPv4|IPv6|ingress|egress|SOFT|HARD|available|error|affinity".split("|"),
  ],
  [/enabled|shared|is_|admin_state|force|bootable/i, [true, false]],
];

export class Values {
  readonly #random: Random;
  readonly #pools: readonly Pool[];
  /** How often what is made is absurd or superfluous, from 0 to 1. */
  boldness = 0.2;
  /** How often an attribute is given that may be left out. */
  fullness = 0.2;
  /** Names of attributes that must be given, whatever a schema says of them. */
  needed: ReadonlySet<string> = new Set();

  constructor(random: Random, pools: readonly Pool[]) {
    this.#random = random;
    this.#pools = pools;
  }

  #pool(at: string): readonly string[] {
    return this.#pools.find((one) => one.at.test(at))?.values() ?? [];
  }

  /** An id of anything. */
  #id(): string {
    const values = this.#random.pick(this.#pools).values();
    return values.length === 0 ? "" : this.#random.pick(values);
  }

  /** A text for the end of a JSON path or a parameter: mostly one that means something. */
  text(at: string): string {
    const random = this.#random;
    const pool = this.#pool(at);
    if (pool.length > 0 && !random.chance(this.boldness / 2)) return random.pick(pool);
    if (random.chance(this.boldness / 2)) return this.#id();
    return random.chance(this.boldness) ? random.pick(TEXTS) : `name-${random.below(50)}`;
  }

  /** What somebody who knows only the name would send. */
  guess(at: string): unknown {
    const random = this.#random;
    if (random.chance(this.boldness / 2)) return random.pick(ODD);
    const form = FORMS.find(([pattern]) => pattern.test(at.slice(at.lastIndexOf("/") + 1)));
    return form === undefined || random.chance(this.boldness / 2) ? this.text(at) : random.pick(form[1]);
  }

  /** A value that a schema without references allows, as far as its keywords are looked at. */
  of(schema: Schema | boolean | undefined, at: string, depth = 0): unknown {
    const random = this.#random;
    if (typeof schema !== "object" || depth > 12) return this.guess(at);
    if (schema.enum !== undefined && schema.enum.length > 0) return random.pick(schema.enum);
    if ("const" in schema) return schema.const;
    const choice = schema.oneOf ?? schema.anyOf ?? listOf(schema.allOf);
    if (choice !== undefined && choice.length > 0 && schema.properties === undefined)
      return this.of(random.pick(choice), at, depth + 1);
    const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
    if (types.includes("string") && this.#pool(at).length > 0) return this.text(at);
    const type = types.length > 0 ? random.pick(types) : schema.properties === undefined ? "" : "object";
    switch (type) {
      case "object":
        return this.#object(schema, at, depth);
      case "array": {
        const least = numberOf(schema.minItems, 0);
        const size = Math.min(least + random.below(3), numberOf(schema.maxItems, 3));
        return Array.from({ length: size }, () => this.of(schema.items, at, depth + 1));
      }
      case "integer":
      case "number": {
        const least = numberOf(schema.minimum, 0);
        const most = Math.min(numberOf(schema.maximum, least + 9), least + 9);
        return random.chance(this.boldness / 4) ? random.pick(NUMBERS) : least + random.below(most - least + 1);
      }
      case "boolean":
        return random.chance(0.5);
      case "null":
        return null;
      case "string": {
        const form = FORMS.find(([pattern]) => pattern.test(String(schema.format ?? "")));
        const value = form === undefined ? this.guess(at) : random.pick(form[1]);
        return typeof value === "string" ? value : this.text(at);
      }
      default:
        return this.guess(at);
    }
  }

  #object(schema: Schema, at: string, depth: number): unknown {
    const random = this.#random;
    const entries: [string, unknown][] = [];
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const required = schema.required?.includes(name) === true || depth === 0 || this.needed.has(name);
      // A property of another microversion is `false` here.
      if (random.chance(property === false ? this.boldness / 10 : required ? 1 - this.boldness / 10 : this.fullness))
        entries.push([name, this.of(property, `${at}/${name}`, depth + 1)]);
    }
    const { additionalProperties: more, patternProperties } = schema;
    const free = isSchema(more) ? more : isSchema(patternProperties) ? Object.values(patternProperties)[0] : undefined;
    if (isSchema(free) && random.chance(0.7))
      entries.push([`key${random.below(5)}`, this.of(free, `${at}/key`, depth + 1)]);
    return Object.fromEntries(entries);
  }

  /** The value with one place of it made strange: another type, gone, doubled, with a neighbour, out of bounds. */
  spoil(value: unknown): unknown {
    const random = this.#random;
    const inside = typeof value === "object" && value !== null && random.chance(0.85);
    if (inside && Array.isArray(value)) {
      if (value.length === 0 || random.chance(0.2))
        return [...value, ...(random.chance(0.5) ? value : [random.pick(ODD)])];
      const index = random.below(value.length);
      return value.map((one, here) => (here === index ? this.spoil(one) : one));
    }
    if (inside) {
      const entries = Object.entries(value);
      if (entries.length === 0 || random.chance(0.15))
        return Object.fromEntries([...entries, [random.pick(KEYS), random.pick(ODD)]]);
      const index = random.below(entries.length);
      const gone = random.chance(0.15);
      return Object.fromEntries(
        entries.flatMap(([name, one], here) =>
          here !== index ? [[name, one]] : gone ? [] : [[name, this.spoil(one)]],
        ),
      );
    }
    if (random.chance(0.3)) return random.pick(TEXTS);
    if (random.chance(0.05)) return nested(random.pick([10, 200, 5_000]));
    return random.chance(0.2) ? this.#id() : random.pick(ODD);
  }

  /** A body that is no JSON, or hardly. */
  raw(value: unknown): string | Uint8Array {
    const random = this.#random;
    const json = JSON.stringify(value) ?? "";
    const kinds: readonly (() => string | Uint8Array)[] = [
      () => json.slice(0, random.below(json.length + 1)),
      () => `${json}}`,
      () => `\ufeff${json}`,
      () => json.replaceAll('"', "'"),
      () => json.replace(/:/, ":NaN,"),
      () => json.replace(/\d+/, "1e999"),
      () => json.replace(/\{/, '{"name":1,"name":[2],'),
      () => `${"[".repeat(50_000)}${"]".repeat(50_000)}`,
      () => `${'{"server":'.repeat(5_000)}1${"}".repeat(5_000)}`,
      () => JSON.stringify({ x: "y".repeat(130_000) }),
      () => Uint8Array.from({ length: random.below(60) }, () => random.below(256)),
      () => Buffer.from(json, "utf16le"),
      () => "",
      () => JSON.stringify(random.pick(ODD)),
    ];
    return random.pick(kinds)();
  }
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

const numberOf = (value: unknown, otherwise: number): number => (typeof value === "number" ? value : otherwise);

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly Schema[] | undefined {
  return Array.isArray(value) ? value.filter(isSchema) : undefined;
}
