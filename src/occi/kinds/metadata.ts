import { invalid } from "../check.ts";
import type { Mixin, Row } from "../table.ts";
import { idOfTerm, termOfId } from "../term.ts";

/**
 * The mixin `vimana/metadata`: the cloud's own keys and values of a server as attributes, so that what snf-occi called
 * unmappable has a place. A key that is lower-case words with dots between them is written as it is behind the prefix;
 * any other is written `x--` and the term that `term.ts` makes of it. Reversible: one attribute per key.
 */

const PREFIX = "vimana.metadata.";
const ESCAPED = "x--";
/** What the grammar of attributes lets through in every version (GFD.185 §3.5.4, GFD.229 §4.3). */
const PLAIN = /^[a-z][a-z0-9_-]*(?:\.[a-z][a-z0-9_-]*)*$/;
/** nova stable/zed: nova/api/openstack/compute/schemas/server_metadata.py */
const LONGEST = 255;

/** Keys that are attributes of other names already. */
const OWN_PREFIXES = ["occi.", "eu.egi."];
/** What this gateway writes for itself, which no reader sees. */
const RESERVED = "vimana:";

/** Entries of a draft or a change by key; `null` takes one away. */
export interface MetadataDraft {
  readonly [entry: `metadata.${string}`]: string;
}
export interface MetadataChange {
  readonly [entry: `metadata.${string}`]: string | null;
}

export function attributeOfKey(key: string): string {
  return PREFIX + (PLAIN.test(key) && !key.startsWith(ESCAPED) ? key : ESCAPED + termOfId(key));
}

/** The key that an attribute stands for; nothing when no key is written so. */
export function keyOfAttribute(name: string): string | undefined {
  if (!name.startsWith(PREFIX)) return undefined;
  const rest = name.slice(PREFIX.length);
  const key = rest.startsWith(ESCAPED) ? idOfTerm(rest.slice(ESCAPED.length)) : rest;
  return key !== undefined && attributeOfKey(key) === name ? key : undefined;
}

function isFree(key: string): boolean {
  return !OWN_PREFIXES.some((prefix) => key.startsWith(prefix));
}

interface Described {
  readonly metadata: Readonly<Record<string, string>>;
}

function rowOf(key: string): Row<Described, MetadataDraft, MetadataChange> {
  const name = attributeOfKey(key);
  const set = (value: string): string => {
    if (!isFree(key) || key.startsWith(RESERVED)) throw invalid(name, `the key ${key} is not free`);
    if (key === "" || [...key].length > LONGEST) throw invalid(name, `a key has 1 to ${LONGEST} characters`);
    if ([...value].length > LONGEST) throw invalid(name, `a value has at most ${LONGEST} characters`);
    return value;
  };
  return {
    name,
    type: "string",
    description: `The server's metadata ${key}`,
    read: ({ metadata }) => metadata[key],
    write: (value) => ({ [`metadata.${key}`]: set(value) }),
    change: (value) => ({ [`metadata.${key}`]: value === undefined ? null : set(value) }),
  };
}

function freeKeys({ metadata }: Described): readonly string[] {
  return Object.keys(metadata).filter(isFree).sort();
}

export const METADATA: Mixin<Described, MetadataDraft, MetadataChange> = {
  scheme: "https://vimana.dev/occi#",
  term: "metadata",
  title: "Server metadata",
  location: "/mixin/metadata/",
  needs: ["server.update"],
  isAssigned: (server) => freeKeys(server).length > 0,
  rows: [],
  open: {
    of: (server) => freeKeys(server).map(rowOf),
    named: (name) => {
      const key = keyOfAttribute(name);
      return key === undefined ? undefined : rowOf(key);
    },
    pattern: `${PREFIX}<key>`,
    description: "A key of the server's metadata and its value, each of at most 255 characters",
  },
};

/** The entries of a draft as the cloud takes them. */
export function metadataOf(draft: Partial<MetadataDraft>): Readonly<Record<string, string>> {
  return Object.fromEntries([...entriesOf(draft)].flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
}

/** The whole of the metadata after a change; nothing when the change says nothing of them. */
export function changedMetadata(
  { metadata }: Described,
  change: Partial<MetadataChange>,
): Readonly<Record<string, string>> | undefined {
  const changes = new Map(entriesOf(change));
  if (changes.size === 0) return undefined;
  const merged: Readonly<Record<string, string | null>> = { ...metadata, ...Object.fromEntries(changes) };
  return Object.fromEntries(Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== null));
}

function* entriesOf(parts: object): Iterable<readonly [string, string | null]> {
  for (const [name, value] of Object.entries(parts)) {
    if (name.startsWith("metadata.")) yield [name.slice("metadata.".length), value];
  }
}
