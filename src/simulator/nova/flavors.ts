/** Flavors with extra specs and access lists (nova stable/zed: api/openstack/compute/flavors*.py). */
import { all, boolean, digits, matching, nullable, readBoolean, string, toNumber } from "../core/checks.ts";
import { isObject, type Json, type JsonObject, type Row, repr, text } from "../core/json.ts";
import { atLeast } from "../core/list.ts";
import { Refusal } from "../core/refusal.ts";
import type { Action, Attribute, Call, MemberRoute, Policy, Resource } from "../core/types.ts";
import { defineTable } from "../world.ts";
import { invalid, links } from "./form.ts";

export interface Flavor extends Row {
  readonly name: string;
  readonly ram: number;
  readonly vcpus: number;
  readonly disk: number;
  readonly ephemeral: number;
  readonly swap: number;
  readonly rxtx_factor: number;
  readonly is_public: boolean;
  readonly description: string | null;
  readonly extra_specs: Readonly<Record<string, string | number>>;
  /** Projects that may use a flavor that is not public. */
  readonly access: readonly string[];
}

export const flavors = defineTable<Flavor>("nova.flavors");

const policy = (name: string, rule: Policy["rule"] = "admin"): Policy => ({ name: `os_compute_api:${name}`, rule });

const label = all(string(1, 255), matching(/^(?!\s).*\S$/su, "^(?![\\s]).*(?<![\\s])$"));

const attributes: readonly Attribute<Flavor>[] = [
  {
    name: "id",
    create: "optional",
    check: nullable(all(string(1, 255), matching(/^[a-zA-Z0-9. _-]*$/, "^[a-zA-Z0-9. _-]*$"))),
  },
  { name: "name", create: "required", check: label },
  { name: "ram", create: "required", check: digits(1), store: toNumber },
  { name: "disk", create: "required", check: digits(0), store: toNumber },
  {
    name: "swap",
    create: "optional",
    check: digits(0),
    store: toNumber,
    default: 0,
    // No swap is an empty string before 2.75.
    view: (row, call) => (row.swap === 0 && call.version < 75 ? "" : row.swap),
  },
  {
    name: "OS-FLV-EXT-DATA:ephemeral",
    column: "ephemeral",
    create: "optional",
    check: digits(0),
    store: toNumber,
    default: 0,
  },
  { name: "OS-FLV-DISABLED:disabled", view: () => false },
  { name: "vcpus", create: "required", check: digits(1), store: toNumber },
  { name: "os-flavor-access:is_public", column: "is_public", create: "optional", check: boolean, default: true },
  {
    name: "rxtx_factor",
    create: "optional",
    default: 1,
    check: (value) =>
      /^\d+(?:\.\d+)?$/.test(String(value)) && Number(value) > 0
        ? undefined
        : `${repr(value)} does not match '^[0-9]+(\\.[0-9]+)?$'`,
    store: toNumber,
  },
  { name: "links", view: (row, call) => links(call, `/flavors/${encodeURIComponent(row.id)}`) },
  { name: "description", create: "optional", update: true, since: 55, check: nullable(string(0, 65_535)) },
  { name: "extra_specs", since: 61, view: (row) => row.extra_specs },
];

function make(draft: JsonObject, call: Call): Flavor {
  const table = call.world.of(flavors);
  const wanted = text(draft.id);
  const id = wanted === "" || wanted === "auto" ? call.ids.uuid() : wanted;
  const name = text(draft.name);
  if (table.find((row) => row.name === name) !== undefined)
    throw new Refusal(409, `Flavor with name ${name} already exists.`);
  if (table.get(id) !== undefined) throw new Refusal(409, `Flavor with ID ${id} already exists.`);
  const number = (column: string) => Number(draft[column]);
  return {
    id,
    name,
    ram: number("ram"),
    vcpus: number("vcpus"),
    disk: number("disk"),
    ephemeral: number("ephemeral"),
    swap: number("swap"),
    rxtx_factor: number("rxtx_factor"),
    is_public: draft.is_public !== false,
    description: typeof draft.description === "string" ? draft.description : null,
    extra_specs: {},
    access: [],
    created_at: call.now,
  };
}

function brief(row: Flavor, call: Call): JsonObject {
  const base = { id: row.id, name: row.name, links: links(call, `/flavors/${encodeURIComponent(row.id)}`) };
  return call.version >= 55 ? { ...base, description: row.description } : base;
}

const badFilter = (value: string, name: string) => new Refusal(400, `Invalid ${name} filter [${value}]`);

function specs(value: Json | undefined): Readonly<Record<string, string | number>> {
  if (!isObject(value)) throw new Refusal(400, "'extra_specs' is a required property");
  const checked: Record<string, string | number> = {};
  for (const [key, one] of Object.entries(value)) {
    if (!/^[a-zA-Z0-9-_:. ]{1,255}$/.test(key))
      throw invalid(
        "extra_specs",
        value,
        `${repr(key)} does not match any of the regexes: '^[a-zA-Z0-9-_:. ]{1,255}$'`,
      );
    if (typeof one !== "string" && typeof one !== "number")
      throw invalid(key, one, `${repr(one)} is not of type 'string', 'number'`);
    checked[key] = one;
  }
  return checked;
}

function noSpec(row: Flavor, key: string): Refusal {
  return new Refusal(404, `Flavor ${row.id} has no extra specs with key ${key}.`);
}

const extraSpecs: readonly MemberRoute<Flavor>[] = [
  {
    method: "GET",
    path: "/os-extra_specs",
    policy: policy("os-flavor-extra-specs:index", "reader"),
    run: (row) => ({ status: 200, body: { extra_specs: row.extra_specs } }),
  },
  {
    method: "POST",
    path: "/os-extra_specs",
    policy: policy("os-flavor-extra-specs:create"),
    schema: (call) => specs(isObject(call.body) ? call.body.extra_specs : undefined),
    run: (row, call) => {
      const given = specs(call.input);
      call.world.of(flavors).put({ ...row, extra_specs: { ...row.extra_specs, ...given } });
      return { status: 200, body: { extra_specs: given } };
    },
  },
  {
    method: "GET",
    path: "/os-extra_specs/{key}",
    policy: policy("os-flavor-extra-specs:show", "reader"),
    run: (row, call) => {
      const key = call.params.key ?? "";
      const value = Object.hasOwn(row.extra_specs, key) ? row.extra_specs[key] : undefined;
      if (value === undefined) throw noSpec(row, key);
      return { status: 200, body: { [key]: value } };
    },
  },
  {
    method: "PUT",
    path: "/os-extra_specs/{key}",
    policy: policy("os-flavor-extra-specs:update"),
    schema: (call) => specs(call.body),
    run: (row, call) => {
      const key = call.params.key ?? "";
      const value = specs(call.input)[key];
      if (value === undefined) throw new Refusal(400, "Request body and URI mismatch");
      call.world.of(flavors).put({ ...row, extra_specs: { ...row.extra_specs, [key]: value } });
      return { status: 200, body: { [key]: value } };
    },
  },
  {
    method: "DELETE",
    path: "/os-extra_specs/{key}",
    policy: policy("os-flavor-extra-specs:delete"),
    run: (row, call) => {
      const key = call.params.key ?? "";
      if (!Object.hasOwn(row.extra_specs, key)) throw noSpec(row, key);
      const { [key]: _gone, ...rest } = row.extra_specs;
      call.world.of(flavors).put({ ...row, extra_specs: rest });
      return { status: 200 };
    },
  },
  {
    method: "GET",
    path: "/os-flavor-access",
    policy: policy("os-flavor-access"),
    run: (row) => {
      if (row.is_public) throw new Refusal(404, "Access list not available for public flavors.");
      return { status: 200, body: accessView(row) };
    },
  },
];

function accessView(row: Flavor): JsonObject {
  return { flavor_access: row.access.map((tenant_id) => ({ flavor_id: row.id, tenant_id })) };
}

function tenantOf(args: Json, call: Call): string {
  const tenant = isObject(args) ? text(args.tenant) : "";
  const known = call.services.find(({ type }) => type === "identity")?.knowsProject?.(call.world, tenant) ?? true;
  if (!known) throw new Refusal(400, `Project ID ${tenant} is not a valid project.`);
  return tenant;
}

const actions: Readonly<Record<string, Action<Flavor>>> = {
  addTenantAccess: {
    policy: policy("os-flavor-access:add_tenant_access"),
    run(row, args, call) {
      const tenant = tenantOf(args, call);
      if (row.is_public) throw new Refusal(409, "Can not add access to a public flavor.");
      if (row.access.includes(tenant))
        throw new Refusal(409, `Flavor access already exists for flavor ${row.id} and project ${tenant} combination.`);
      return { status: 200, body: accessView(call.world.of(flavors).put({ ...row, access: [...row.access, tenant] })) };
    },
  },
  removeTenantAccess: {
    policy: policy("os-flavor-access:remove_tenant_access"),
    run(row, args, call) {
      const tenant = tenantOf(args, call);
      if (!row.access.includes(tenant))
        throw new Refusal(404, `Flavor access not found for ${row.id} / ${tenant} combination.`);
      const access = row.access.filter((one) => one !== tenant);
      return { status: 200, body: accessView(call.world.of(flavors).put({ ...row, access })) };
    },
  },
};

export const flavorResource: Resource<Flavor> = {
  singular: "flavor",
  plural: "flavors",
  path: "/v2.1/flavors",
  table: flavors,
  policies: {
    list: policy("flavors", "reader"),
    detail: policy("flavors", "reader"),
    show: policy("flavors", "reader"),
    create: policy("os-flavor-manage:create"),
    update: policy("os-flavor-manage:update"),
    delete: policy("os-flavor-manage:delete"),
  },
  versions: { update: { since: 55 } },
  statuses: { create: 200, delete: 202 },
  attributes,
  order: [{ column: "id", descending: false }],
  sort: {
    created_at: "created_at",
    description: "description",
    disabled: "disabled",
    ephemeral_gb: "ephemeral",
    flavorid: "id",
    id: "id",
    is_public: "is_public",
    memory_mb: "ram",
    name: "name",
    root_gb: "disk",
    rxtx_factor: "rxtx_factor",
    swap: "swap",
    updated_at: "updated_at",
    vcpu_weight: "vcpu_weight",
    vcpus: "vcpus",
  },
  filters: {
    minRam: atLeast("ram", badFilter),
    minDisk: atLeast("disk", badFilter),
    // Only administrators are heard (nova: flavors.py _parse_is_public); for others it is what they may use.
    is_public: () => () => true,
  },
  visible: (row, call) => row.is_public || call.actor.admin || row.access.includes(call.actor.projectId),
  listed: (row, call) => {
    if (!call.actor.admin) return true;
    const asked = call.query.getAll("is_public").at(-1);
    if (asked === undefined) return row.is_public;
    if (asked.toLowerCase() === "none") return true;
    const wanted = readBoolean(asked);
    if (wanted === undefined) throw new Refusal(400, `Invalid is_public filter [${asked}]`);
    return row.is_public === wanted;
  },
  brief,
  make,
  members: extraSpecs,
  actions,
};
