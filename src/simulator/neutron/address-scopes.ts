/** Address scopes and address groups: names for sets of addresses (neutron stable/zed: db/address_scope_db.py, address_group_db.py). */
import { isList, isObject, type Json, type Row, text } from "../core/json.ts";
import type { Attribute, Call, MemberRoute, Resource } from "../core/types.ts";
import { defineTable, type World } from "../world.ts";
import { conflict, httpBadRequest, missing, refused } from "./errors.ts";
import { formatCidr, parseCidr } from "./addresses.ts";
import * as parts from "./parts.ts";
import { forget, isGiven } from "./rbac-table.ts";
import type { SubnetPool } from "./tables.ts";
import { subnetPools } from "./tables.ts";

export interface AddressScope extends Row {
  readonly project_id: string;
  readonly name: string;
  readonly shared: boolean;
  readonly ip_version: number;
}

export interface AddressGroup extends Row {
  readonly project_id: string;
  readonly name: string;
  readonly description: string;
  readonly addresses: readonly string[];
}

export const addressScopes = defineTable<AddressScope>("neutron.address_scopes", ["project_id"]);
const addressGroups = defineTable<AddressGroup>("neutron.address_groups", ["project_id"]);

const owner: readonly Attribute[] = [
  ...parts.standard.filter(({ name }) => name === "project_id"),
  { name: "tenant_id", view: ({ project_id }) => text(project_id) },
];

const columns = parts.columns({ flags: ["shared"], integers: ["ip_version"] });

function poolsOf(world: World, scope: string): readonly SubnetPool[] {
  return world.of(subnetPools).filter(({ address_scope_id }) => address_scope_id === scope);
}

export const addressScopeResource: Resource<AddressScope> = {
  singular: "address_scope",
  plural: "address_scopes",
  path: "/v2.0/address-scopes",
  table: addressScopes,
  policies: parts.policies("address_scope"),
  attributes: [
    parts.id,
    parts.name,
    parts.flag("shared", false, { policy: parts.flagPolicy("address_scope", "shared") }),
    {
      name: "ip_version",
      create: "required",
      check: (value) => parts.oneOf(4, 6)(Number(value)),
      store: parts.toInteger,
    },
    ...owner,
  ],
  ...columns,
  owner: "project_id",
  shared: (row, call) => row.shared || isGiven(call.world, row.id, call.actor.projectId),
  notFound: (id) => missing("AddressScopeNotFound", `Address scope ${id} could not be found.`),
  make: (draft, call) => ({
    id: call.ids.uuid(),
    project_id: text(draft.project_id) || call.actor.projectId,
    name: text(draft.name),
    shared: draft.shared === true,
    ip_version: Number(draft.ip_version),
  }),
  onUpdate(row, changes) {
    if (row.shared && changes.shared === false)
      throw refused(
        "AddressScopeUpdateError",
        `Unable to update address scope ${row.id} : Shared address scope can't be unshared.`,
      );
    return changes;
  },
  onDelete(row, call) {
    if (poolsOf(call.world, row.id).length > 0)
      throw conflict(
        "AddressScopeInUse",
        `Unable to complete operation on address scope ${row.id}. There are one or more subnet pools in use on the address scope.`,
      );
    forget(call.world, row.id);
    return undefined;
  },
};

/** What was written must be the range itself. */
function address(value: Json): string | undefined {
  const cidr = parseCidr(text(value));
  if (cidr === undefined) return `${parts.shown(value)} is not a valid IP subnet`;
  const exact = formatCidr(cidr);
  return exact === text(value)
    ? undefined
    : `${parts.shown(value)} isn't a recognized IP subnet cidr, '${exact}' is recommended`;
}

const addressList = parts.listOf(address, parts.notList);

function given(call: Call): readonly string[] {
  const list = isObject(call.body) ? call.body.addresses : undefined;
  const said = list === undefined ? "Exactly one of addresses expected" : addressList(list);
  if (said !== undefined) throw httpBadRequest(`Invalid input for addresses. Reason: ${said}.`);
  return isList(list) ? list.map(text) : [];
}

function memberRoute(
  verb: string,
  change: (row: AddressGroup, addresses: readonly string[]) => readonly string[],
): MemberRoute<AddressGroup> {
  return {
    method: "PUT",
    path: `/${verb}`,
    policy: { name: "update_address_group", rule: "member" },
    run(row, call) {
      const changed = call.world.of(addressGroups).put({ ...row, addresses: change(row, given(call)) });
      const { shared: _shared, ...shown } = { ...changed, tenant_id: row.project_id, shared: false };
      return { status: 200, body: { address_group: shown } };
    },
  };
}

const groupColumns = parts.columns({});

export const addressGroupResource: Resource<AddressGroup> = {
  singular: "address_group",
  plural: "address_groups",
  path: "/v2.0/address-groups",
  table: addressGroups,
  policies: parts.policies("address_group"),
  attributes: [
    parts.id,
    parts.name,
    parts.description,
    { name: "addresses", create: "optional", default: [], check: addressList },
    ...owner,
  ],
  ...groupColumns,
  owner: "project_id",
  shared: (row, call) => isGiven(call.world, row.id, call.actor.projectId),
  notFound: (id) => missing("AddressGroupNotFound", `Address group ${id} could not be found.`),
  make: (draft, call) => ({
    id: call.ids.uuid(),
    project_id: text(draft.project_id) || call.actor.projectId,
    name: text(draft.name),
    description: text(draft.description),
    addresses: isList(draft.addresses) ? draft.addresses.map(text) : [],
  }),
  onDelete(row, call) {
    forget(call.world, row.id);
    return undefined;
  },
  members: [
    memberRoute("add_addresses", ({ addresses }, more) => {
      const twice = more.find((one) => addresses.includes(one));
      if (twice !== undefined)
        throw refused("AddressesAlreadyExist", `Addresses ${twice} already exist in the address group.`);
      return [...addresses, ...more];
    }),
    memberRoute("remove_addresses", (row, fewer) => {
      const absent = fewer.find((one) => !row.addresses.includes(one));
      if (absent !== undefined)
        throw missing("AddressesNotFound", `Addresses ${absent} not found in the address group ${row.id}.`);
      return row.addresses.filter((one) => !fewer.includes(one));
    }),
  ],
};
