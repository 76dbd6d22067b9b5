/** Subnet pools: ranges from which subnets are cut (neutron stable/zed: ipam/subnet_alloc.py, objects/subnetpool.py). */
import { isList, type Json, type JsonObject, text } from "../core/json.ts";
import type { Attribute, Call, Resource } from "../core/types.ts";
import type { World } from "../world.ts";
import { type Cidr, contains, formatCidr, overlap, parseCidr, widthOf } from "./addresses.ts";
import { addressScopes } from "./address-scopes.ts";
import { badRequest, conflict, missing, refused } from "./errors.ts";
import * as parts from "./parts.ts";
import { forget, isGiven } from "./rbac-table.ts";
import { orNull } from "./subnet-checks.ts";
import { type Subnet, type SubnetPool, subnetPools, subnets } from "./tables.ts";
import { Refusal } from "../core/refusal.ts";

function prefix(value: Json): string | undefined {
  return parseCidr(text(value)) === undefined ? `${parts.shown(value)} is not a valid IP subnet` : undefined;
}

const length = (name: string): Attribute<SubnetPool> => ({
  name,
  create: "optional",
  update: true,
  store: parts.toInteger,
  // As texts where the answer comes before the database (seen live).
  view: (row, call) => (call.method === "PUT" ? row[name] : String(row[name])),
});

const attributes: readonly Attribute<SubnetPool>[] = [
  parts.id,
  parts.name,
  parts.tenant,
  { name: "prefixes", create: "required", update: true, check: parts.listOf(prefix, parts.notList) },
  {
    name: "default_quota",
    create: "optional",
    update: true,
    check: orNull((value) => (Number.isInteger(Number(value)) ? undefined : `${parts.shown(value)} is not an integer`)),
  },
  { name: "ip_version" },
  length("default_prefixlen"),
  length("min_prefixlen"),
  length("max_prefixlen"),
  parts.flag("is_default", false, { policy: parts.flagPolicy("subnetpool", "is_default") }),
  { ...parts.flag("shared", false, { policy: parts.flagPolicy("subnetpool", "shared") }), update: false },
  { name: "address_scope_id", create: "optional", update: true, check: orNull(parts.uuid) },
  parts.description,
  ...parts.standard,
];

/** Neighbours and overlaps become one (netaddr: cidr_merge). */
function compact(ranges: readonly Cidr[]): Cidr[] {
  let merged = [...ranges].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : a.length - b.length));
  for (let changed = true; changed; ) {
    changed = false;
    const next: Cidr[] = [];
    for (const range of merged) {
      const before = next.at(-1);
      if (before !== undefined && overlap(before, range)) {
        changed = true;
        continue;
      }
      const parent =
        before === undefined ? undefined : parseCidr(`${formatCidr(before).split("/")[0]}/${before.length - 1}`);
      if (before?.length === range.length && parent?.first === before.first && parent.last === range.last) {
        next[next.length - 1] = parent;
        changed = true;
      } else next.push(range);
    }
    merged = next;
  }
  return merged;
}

function rangesOf(value: Json | undefined): Cidr[] {
  const list = isList(value) ? value : [];
  return list.flatMap((one) => parseCidr(text(one)) ?? []);
}

interface Lengths {
  readonly min_prefixlen: number;
  readonly max_prefixlen: number;
  readonly default_prefixlen: number;
}

function checkLengths({ min_prefixlen: least, max_prefixlen: most, default_prefixlen: usual }: Lengths): void {
  const illegal = (said: string) => refused("IllegalSubnetPoolPrefixBounds", `Illegal prefix bounds: ${said}.`);
  if (least > most) throw illegal(`min_prefixlen=${least}, max_prefixlen=${most}`);
  if (usual < least) throw illegal(`default_prefixlen=${usual}, min_prefixlen=${least}`);
  if (usual > most) throw illegal(`default_prefixlen=${usual}, max_prefixlen=${most}`);
}

/** Within a scope no two pools overlap, and a scope is of one version. */
function checkScope(
  world: World,
  scopeId: string | null,
  version: number,
  ranges: readonly Cidr[],
  own: string,
  call: Call,
): void {
  if (scopeId === null) return;
  const scope = world.of(addressScopes).get(scopeId);
  const mine =
    scope?.project_id === call.actor.projectId || call.actor.admin || isGiven(world, scopeId, call.actor.projectId);
  if (scope === undefined || !(mine || scope.shared))
    throw missing("AddressScopeNotFound", `Address scope ${scopeId} could not be found.`);
  if (scope.ip_version !== version)
    throw refused(
      "IllegalSubnetPoolIpVersionAssociation",
      `Illegal subnetpool association: subnetpool ${own} cannot associate with address scope ${scopeId} because subnetpool ip_version is not ${scope.ip_version}.`,
    );
  const others = world.of(subnetPools).filter((pool) => pool.address_scope_id === scopeId && pool.id !== own);
  if (others.some((pool) => rangesOf(pool.prefixes).some((one) => ranges.some((range) => overlap(one, range)))))
    throw conflict(
      "AddressScopePrefixConflict",
      "Failed to associate address scope: subnetpools within an address scope must have unique prefixes.",
    );
}

function make(draft: JsonObject, call: Call): SubnetPool {
  const ranges = rangesOf(draft.prefixes);
  const [first] = ranges;
  if (first === undefined) throw refused("EmptySubnetPoolPrefixList", "Empty subnet pool prefix list.");
  if (ranges.some(({ version }) => version !== first.version))
    throw refused("PrefixVersionMismatch", "Cannot mix IPv4 and IPv6 prefixes in a subnet pool.");
  const least = typeof draft.min_prefixlen === "number" ? draft.min_prefixlen : first.version === 4 ? 8 : 64;
  const lengths = {
    min_prefixlen: least,
    max_prefixlen: typeof draft.max_prefixlen === "number" ? draft.max_prefixlen : widthOf(first.version),
    default_prefixlen: typeof draft.default_prefixlen === "number" ? draft.default_prefixlen : least,
  };
  checkLengths(lengths);
  const scope = text(draft.address_scope_id) || null;
  checkScope(call.world, scope, first.version, ranges, "", call);
  return {
    ...parts.begin(draft, call, call.actor.projectId, 0),
    ...lengths,
    prefixes: compact(ranges).map(formatCidr),
    ip_version: first.version,
    is_default: draft.is_default === true,
    shared: draft.shared === true,
    default_quota: typeof draft.default_quota === "number" ? draft.default_quota : null,
    address_scope_id: scope,
  };
}

function update(row: SubnetPool, changes: JsonObject, call: Call): JsonObject {
  parts.checkRevision(row, call);
  const ranges = changes.prefixes === undefined ? rangesOf(row.prefixes) : rangesOf(changes.prefixes);
  const kept = rangesOf(row.prefixes).every((old) =>
    ranges.some(
      (next) =>
        contains(next, { version: next.version, value: old.first }) &&
        contains(next, { version: next.version, value: old.last }),
    ),
  );
  if (!kept)
    throw refused(
      "IllegalSubnetPoolPrefixUpdate",
      "Illegal update to prefixes: Existing prefixes must be a subset of the new prefixes.",
    );
  const next = { ...row, ...changes };
  checkLengths(next);
  checkScope(call.world, text(next.address_scope_id) || null, row.ip_version, ranges, row.id, call);
  const prefixes = changes.prefixes === undefined ? {} : { prefixes: compact(ranges).map(formatCidr) };
  // An update counts even when it changes nothing (seen live).
  return { ...changes, ...prefixes, ...parts.touch(row, call.now) };
}

const columns = parts.columns({
  flags: ["shared", "is_default"],
  integers: ["ip_version"],
  texts: ["address_scope_id"],
});

export const subnetPoolResource: Resource<SubnetPool> = {
  singular: "subnetpool",
  plural: "subnetpools",
  path: "/v2.0/subnetpools",
  table: subnetPools,
  policies: parts.policies("subnetpool"),
  attributes,
  ...columns,
  owner: "project_id",
  shared: (row, call) => row.shared || isGiven(call.world, row.id, call.actor.projectId),
  quota: "subnetpool",
  notFound: (id) => poolNotFound(id),
  make,
  onUpdate: update,
  onDelete(row, call) {
    if (cutFrom(call.world, row.id).length > 0)
      throw refused("SubnetPoolDeleteError", "Unable to delete subnet pool: Subnet pool has existing allocations.");
    forget(call.world, row.id);
    return undefined;
  },
};

const poolNotFound = (id: string) => missing("SubnetPoolNotFound", `Subnet pool ${id} could not be found.`);

function cutFrom(world: World, pool: string): readonly Subnet[] {
  return world.of(subnets).filter(({ subnetpool_id }) => subnetpool_id === pool);
}

/** The first free range of a length, by the order of the pool's prefixes. */
function freeRange(pool: SubnetPool, taken: readonly Cidr[], length: number): Cidr | undefined {
  const width = BigInt(widthOf(pool.ip_version === 6 ? 6 : 4) - length);
  for (const whole of rangesOf(pool.prefixes)) {
    let at = whole.first;
    while (at + (1n << width) - 1n <= whole.last) {
      const range: Cidr = { version: whole.version, first: at, last: at + (1n << width) - 1n, length };
      const hit = taken.find((one) => overlap(one, range));
      if (hit === undefined) return range;
      at = ((hit.last >> width) + 1n) << width;
    }
  }
  return undefined;
}

/** 500 in Neutron, as if it were its own fault (seen live). */
const noRoom = () =>
  new Refusal(409, "Failed to allocate subnet: Cannot allocate requested subnet from the available set of prefixes.", {
    kind: "SubnetAllocationError",
  });

/** The range of a new subnet from a pool, and the pool; undefined when no pool is asked for. */
export function cut(draft: JsonObject, call: Call): { readonly pool: SubnetPool; readonly cidr: Cidr } | undefined {
  const version = Number(draft.ip_version);
  const usual = parts.isYes(call.input.use_default_subnetpool ?? null);
  const id = text(draft.subnetpool_id);
  if (id === "" && !usual) return undefined;
  const table = call.world.of(subnetPools);
  const pool = usual ? table.find((one) => one.is_default && one.ip_version === version) : table.get(id);
  if (usual && pool === undefined) throw badRequest("subnets", `No default subnetpool found for IPv${version}`);
  const mine =
    pool !== undefined &&
    (call.actor.admin ||
      pool.project_id === call.actor.projectId ||
      pool.shared ||
      isGiven(call.world, pool.id, call.actor.projectId));
  if (pool === undefined || !mine) throw poolNotFound(id);
  if (pool.ip_version !== version)
    throw badRequest("subnets", `Cannot allocate IPv${version} subnet from IPv${pool.ip_version} subnet pool`);
  const taken = cutFrom(call.world, pool.id).flatMap(({ cidr }) => parseCidr(cidr) ?? []);
  const given = parseCidr(text(draft.cidr));
  const wanted = call.input.prefixlen === undefined ? undefined : parts.toInteger(call.input.prefixlen);
  const length = given?.length ?? wanted ?? pool.default_prefixlen;
  const bad = (kind: string, said: string) =>
    refused(kind, `Unable to allocate subnet with prefix length ${length}, ${said}.`);
  if (length < pool.min_prefixlen)
    throw bad("MinPrefixSubnetAllocationError", `minimum allowed prefix is ${pool.min_prefixlen}`);
  if (length > pool.max_prefixlen)
    throw bad("MaxPrefixSubnetAllocationError", `maximum allowed prefix is ${pool.max_prefixlen}`);
  if (given === undefined) {
    const free = freeRange(pool, taken, length);
    if (free === undefined) throw noRoom();
    return { pool, cidr: free };
  }
  const inside = rangesOf(pool.prefixes).some(
    (one) => one.version === given.version && one.first <= given.first && given.last <= one.last,
  );
  if (!inside || taken.some((one) => overlap(one, given))) throw noRoom();
  return { pool, cidr: given };
}
