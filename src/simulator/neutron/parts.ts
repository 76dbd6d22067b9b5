/** What Neutron's resources share: standard attributes, converters, checks, filters, revisions. */
import { isList, isObject, type Json, type JsonObject, type Row, repr, text } from "../core/json.ts";
import { exact, truth } from "../core/list.ts";
import { isoSeconds } from "../core/times.ts";
import type { Attribute, Call, Check, Filter, Policy, Resource, Verb } from "../core/types.ts";
import { formatCidr, parseAddress, parseCidr } from "./addresses.ts";
import { httpBadRequest, invalidInput, preconditionFailed } from "./errors.ts";
import type { Standard } from "./tables.ts";

/** The policies of a resource, named as in Neutron's policy file. */
export function policies(singular: string): Readonly<Record<Exclude<Verb, "detail">, Policy>> {
  return {
    list: { name: `get_${singular}`, rule: "reader" },
    show: { name: `get_${singular}`, rule: "reader" },
    create: { name: `create_${singular}`, rule: "member" },
    update: { name: `update_${singular}`, rule: "member" },
    delete: { name: `delete_${singular}`, rule: "member" },
  };
}

/** The rule about an attribute given in a create or update. */
export function attributePolicy(name: string, rule: Policy["rule"] = "admin"): Policy {
  return { name: `{verb}_${name}`, rule };
}

/**
 * The rule about a flag that only an administrator sets. On create a flag of its default (false) counts as not given, and a
 * value that is no flag is the converter's to refuse (neutron stable/zed: policy.py _is_attribute_explicitly_set; seen live).
 */
export function flagPolicy(resource: string, name: string): Policy {
  return attributePolicy(
    `${resource}:${name}`,
    (call) => call.actor.admin || (call.method === "POST" && booleanOf(call.input[name] ?? null) !== true),
  );
}

// --- converters: they run after the checks and answer InvalidInput ---

function booleanOf(value: Json): boolean | undefined {
  const word = typeof value === "string" ? value.toLowerCase() : value;
  if (word === true || word === 1 || word === "true" || word === "1") return true;
  return word === false || word === 0 || word === "false" || word === "0" ? false : undefined;
}

/** Whether a flag is given and true. */
export function isYes(value: Json): boolean {
  return booleanOf(value) === true;
}

export const notBoolean = (value: Json) =>
  invalidInput(`'${typeof value === "string" ? value : repr(value)}' cannot be converted to boolean`);

export function toBoolean(value: Json): boolean {
  const read = booleanOf(value);
  if (read === undefined) throw notBoolean(value);
  return read;
}

export function toInteger(value: Json): number {
  if (Number.isInteger(value)) return Number(value);
  if (typeof value === "string" && /^-?\d+$/.test(value.trim())) return Number(value);
  throw invalidInput(`'${typeof value === "string" ? value : repr(value)}' is not an integer`);
}

// --- checks, in the words of neutron-lib's validators ---

export function shown(value: Json): string {
  return `'${typeof value === "string" ? value : repr(value)}'`;
}

export function string(most: number): Check {
  return (value) => {
    if (typeof value !== "string") return `${shown(value)} is not a valid string`;
    return [...value].length > most ? `${shown(value)} exceeds maximum length of ${most}` : undefined;
  };
}

export function oneOf(...values: readonly Json[]): Check {
  return (value) =>
    values.includes(value) ? undefined : `${typeof value === "string" ? value : repr(value)} is not in valid_values`;
}

const uuidForm = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

export const uuid: Check = (value) =>
  typeof value === "string" && uuidForm.test(value) ? undefined : `${shown(value)} is not a valid UUID`;

export const address: Check = (value) =>
  typeof value === "string" && parseAddress(value) !== undefined
    ? undefined
    : `${shown(value)} is not a valid IP address`;

export const cidr: Check = (value) => {
  const read = typeof value === "string" ? parseCidr(value) : undefined;
  if (read === undefined) return `${shown(value)} is not a valid CIDR`;
  const exact = formatCidr(read);
  const same = exact.toLowerCase() === text(value).toLowerCase() || parseAddress(text(value)) !== undefined;
  return same ? undefined : `${shown(value)} is not a recognized CIDR, '${exact}' is recommended`;
};

export function listOf(check: Check, complaint: (value: Json) => string): Check {
  return (value) => {
    if (!isList(value)) return complaint(value);
    for (const item of value) {
      const said = check(item);
      if (said !== undefined) return said;
    }
    const twice = value.find((item, index) => value.some((other, at) => at < index && repr(other) === repr(item)));
    return twice === undefined ? undefined : `Duplicate items in the list: ${shown(twice)}`;
  };
}

export const notList = (value: Json) => `${shown(value)} is not a list`;

/** An object with exactly these members. */
export function keys(value: Json, names: readonly string[]): string | undefined {
  if (!isObject(value)) return `${shown(value)} is not a dictionary`;
  const given = Object.keys(value).sort();
  const wanted = [...names].sort();
  if (given.join() === wanted.join()) return undefined;
  const set = (members: readonly string[]) => `{${members.map((member) => repr(member)).join(", ")}}`;
  return `Validation of dictionary's keys failed. Expected keys: ${set(wanted)} Provided keys: ${set(given)}`;
}

// --- standard attributes ---

/** The owner, whom only an administrator may choose (neutron-lib: api/attributes.py populate_project_info). */
function owner(value: Json, call: Call): Json {
  if (value === call.actor.projectId || call.actor.admin) return value;
  throw httpBadRequest(
    "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin or advsvc privileges",
  );
}

export const id: Attribute = { name: "id" };
export const name: Attribute = { name: "name", create: "optional", update: true, check: string(255), default: "" };
export const tenant: Attribute = {
  name: "tenant_id",
  column: "project_id",
  create: "optional",
  check: string(255),
  store: owner,
};
export const description: Attribute = {
  name: "description",
  create: "optional",
  update: true,
  check: string(255),
  default: "",
};

/** Tags and what follows them in each resource. */
export const standard: readonly Attribute[] = [
  { name: "tags" },
  { name: "created_at" },
  { name: "updated_at" },
  { name: "revision_number" },
  { name: "project_id", create: "optional", check: string(255), store: owner },
];

export function flag(name: string, fallback: boolean, more: Partial<Attribute> = {}): Attribute {
  return { name, create: "optional", update: true, default: fallback, store: toBoolean, ...more };
}

/** The owner of a new row, and its standard columns. */
export function begin(
  draft: JsonObject,
  context: { readonly ids: { uuid(): string }; readonly now: number },
  project: string,
  revision: number,
): Standard {
  const time = isoSeconds(context.now);
  return {
    id: context.ids.uuid(),
    project_id: typeof draft.project_id === "string" ? draft.project_id : project,
    name: typeof draft.name === "string" ? draft.name : "",
    description: typeof draft.description === "string" ? draft.description : "",
    tags: [],
    created_at: time,
    updated_at: time,
    revision_number: revision,
  };
}

/** What an update sets besides: time and revision, when anything changes (neutron: services/revisions). */
export function touch(row: Standard, now: number): { readonly updated_at: string; readonly revision_number: number } {
  return { updated_at: isoSeconds(now), revision_number: row.revision_number + 1 };
}

export function changed(row: Row, changes: JsonObject): boolean {
  return Object.entries(changes).some(([column, value]) => JSON.stringify(row[column]) !== JSON.stringify(value));
}

/** The changes, completed by time and revision. */
export function revised(row: Standard, changes: JsonObject, call: Call): JsonObject {
  return changed(row, changes) ? { ...changes, ...touch(row, call.now) } : changes;
}

/** `If-Match: revision_number=N` (extension revision-if-match). */
export function checkRevision(row: Standard, call: Call): void {
  const match = /^revision_number=(\d+)$/.exec(call.headers["if-match"] ?? "");
  if (match !== null && Number(match[1]) !== row.revision_number)
    throw preconditionFailed(Number(match[1]), row.revision_number);
}

// --- filters ---

function integers(column: string): Filter {
  return (values) => {
    const wanted = values.map(toInteger);
    return (row) => wanted.includes(Number(row[column]));
  };
}

function tagsOf(row: Row): readonly Json[] {
  return isList(row.tags) ? row.tags : [];
}

/** `tags=a,b`: all of them; `tags-any`; and their negations (extension standard-attr-tag). */
const tagFilters: Readonly<Record<string, Filter>> = {
  tags: (values) => matchTags(values, "every", true),
  "tags-any": (values) => matchTags(values, "some", true),
  "not-tags": (values) => matchTags(values, "every", false),
  "not-tags-any": (values) => matchTags(values, "some", false),
};

function matchTags(values: readonly string[], how: "every" | "some", wanted: boolean): (row: Row) => boolean {
  const tags = values.flatMap((value) => value.split(","));
  return (row) => {
    const has = (tag: string) => tagsOf(row).includes(tag);
    return (how === "every" ? tags.every(has) : tags.some(has)) === wanted;
  };
}

interface Filterable {
  readonly texts?: readonly string[];
  readonly flags?: readonly string[];
  readonly integers?: readonly string[];
}

/** Filters and sort keys of a resource: its own columns and those that all have. */
export function columns(own: Filterable): Pick<Resource, "filters" | "sort" | "order"> {
  const texts = ["id", "name", "description", "project_id", ...(own.texts ?? [])];
  const filters: Record<string, Filter> = { ...tagFilters, tenant_id: exact("project_id") };
  for (const column of texts) filters[column] = exact(column);
  for (const column of own.flags ?? []) filters[column] = truth(column, notBoolean);
  for (const column of own.integers ?? []) filters[column] = integers(column);
  filters.revision_number = exact("revision_number");
  const sortable = [...texts, ...(own.flags ?? []), ...(own.integers ?? [])];
  const sort = Object.fromEntries(sortable.map((one) => [one, one]));
  return { filters, sort: { ...sort, tenant_id: "project_id" }, order: [{ column: "id", descending: false }] };
}
