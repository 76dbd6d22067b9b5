/** Volume types, their extra specs and who may use them (cinder stable/zed: api/contrib/types_manage.py, volume_type_access.py). */

import { view } from "../core/attributes.ts";
import { string } from "../core/checks.ts";
import { isObject, type JsonObject, repr, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Attribute, Call, MemberRoute, Resource, Route } from "../core/types.ts";
import { forgetEncryption } from "./encryption.ts";
import { notFound } from "./errors.ts";
import { flag, isTrue, optionalText, pairsOf, readBody, shortText, specs } from "./fields.ts";
import { pairs } from "./filters.ts";
import { mayUse } from "./lookup.ts";
import { actions, admin, reads } from "./policies.ts";
import { defaultType, type Labels, type VolumeType, volumes, volumeTypes } from "./rows.ts";

/** Extra specs that tenants may see. */
const open = ["RESKEY:availability_zones", "multiattach", "replication_enabled"];

function specsFor({ extra_specs }: VolumeType, call: Call): Labels {
  if (call.actor.admin) return extra_specs;
  return Object.fromEntries(Object.entries(extra_specs).filter(([key]) => open.includes(key)));
}

const plain: readonly Attribute<VolumeType>[] = [
  { name: "id" },
  { name: "name" },
  { name: "is_public" },
  { name: "description" },
  { name: "extra_specs", view: specsFor },
];
const trimmedView: readonly Attribute<VolumeType>[] = [...plain, { name: "qos_specs_id", shown: "admin" }];
const access: Attribute<VolumeType> = {
  name: "os-volume-type-access:is_public",
  view: ({ is_public }) => is_public,
};

function shown(type: VolumeType, call: Call, attributes: readonly Attribute<VolumeType>[]): Answer {
  return { status: 200, body: { volume_type: view({ ...typeResource, attributes }, type, call) } };
}

function refuseName(call: Call, name: string, own = ""): void {
  const taken = call.world.of(volumeTypes).find((type) => type.name === name && type.id !== own);
  if (taken !== undefined) throw new Refusal(409, `Volume Type ${name} already exists.`);
}

function create(call: Call): Answer {
  const { input, world, ids, now } = call;
  const name = text(input.name).trim();
  refuseName(call, name);
  const type = world.of(volumeTypes).put({
    id: ids.uuid(),
    name,
    description: input.description === undefined ? null : text(input.description),
    is_public:
      input["os-volume-type-access:is_public"] === undefined || isTrue(input["os-volume-type-access:is_public"]),
    extra_specs: pairsOf(input.extra_specs),
    access: [],
    qos_specs_id: null,
    created_at: now,
    updated_at: null,
  });
  return shown(type, call, [...plain, access]);
}

const update: MemberRoute<VolumeType> = {
  method: "PUT",
  path: "",
  policy: admin("volume_extension:type_update"),
  schema: (call) =>
    readBody(call, "volume_type", { fields: { name: optionalText, description: optionalText, is_public: flag } }),
  run(type, call) {
    const { input, world, now } = call;
    const name = text(input.name).trim();
    if (input.name === undefined && input.description === undefined && input.is_public === undefined)
      throw new Refusal(400, "Specify volume type name, description, is_public or a combination thereof.");
    if (typeof input.name === "string" && name === "") throw new Refusal(400, "Volume type name can not be empty.");
    if (name !== "") refuseName(call, name, type.id);
    const changed = world.of(volumeTypes).put({
      ...type,
      ...(name === "" ? {} : { name }),
      ...(input.description === undefined ? {} : { description: text(input.description) }),
      ...(input.is_public === undefined ? {} : { is_public: isTrue(input.is_public) }),
      updated_at: now,
    });
    return shown(changed, call, plain);
  },
};

function remove(type: VolumeType, call: Call): undefined {
  if (type.name === defaultType)
    throw new Refusal(400, `The volume type ${type.id} is a default volume type and cannot be deleted.`);
  if (call.world.of(volumes).find((volume) => volume.volume_type_id === type.id) !== undefined)
    throw new Refusal(400, "Target volume type is still in use.");
  forgetEncryption(call.world, type.id);
}

function setSpecs(type: VolumeType, extra_specs: Labels, call: Call): void {
  call.world.of(volumeTypes).put({ ...type, extra_specs, updated_at: call.now });
}

const noSpec = (type: VolumeType, key: string) =>
  new Refusal(404, `Volume Type ${type.id} has no extra specs with key ${key}.`);

const specRoutes: readonly MemberRoute<VolumeType>[] = [
  {
    method: "GET",
    path: "/extra_specs",
    policy: reads("volume_extension:types_extra_specs:index"),
    run: (type, call) => ({ status: 200, body: { extra_specs: specsFor(type, call) } }),
  },
  {
    method: "POST",
    path: "/extra_specs",
    policy: admin("volume_extension:types_extra_specs:create"),
    schema: (call) => {
      const given = readBody(call, "extra_specs", { fields: {}, open: true });
      specs(given);
      return given;
    },
    run(type, call) {
      setSpecs(type, { ...type.extra_specs, ...pairsOf(call.input) }, call);
      return { status: 200, body: { extra_specs: pairsOf(call.input) } };
    },
  },
  {
    method: "GET",
    path: "/extra_specs/{key}",
    policy: reads("volume_extension:types_extra_specs:show"),
    run(type, call) {
      const key = call.params.key ?? "";
      const value = specsFor(type, call)[key];
      if (value === undefined) throw noSpec(type, key);
      return { status: 200, body: { [key]: value } };
    },
  },
  {
    method: "PUT",
    path: "/extra_specs/{key}",
    policy: admin("volume_extension:types_extra_specs:update"),
    schema(call): JsonObject {
      const body = isObject(call.body) ? call.body : {};
      const count = Object.keys(body).length;
      if (count !== 1)
        throw new Refusal(400, `${repr(body)} ${count === 0 ? "does not have enough" : "has too many"} properties`);
      specs(body);
      return body;
    },
    run(type, call) {
      const key = call.params.key ?? "";
      if (!Object.hasOwn(call.input, key)) throw new Refusal(400, "Request body and URI mismatch");
      setSpecs(type, { ...type.extra_specs, ...pairsOf(call.input) }, call);
      return { status: 200, body: call.input };
    },
  },
  {
    method: "DELETE",
    path: "/extra_specs/{key}",
    policy: admin("volume_extension:types_extra_specs:delete"),
    run(type, call) {
      const { [call.params.key ?? ""]: value, ...rest } = type.extra_specs;
      if (value === undefined) throw noSpec(type, call.params.key ?? "");
      setSpecs(type, rest, call);
      return { status: 202 };
    },
  },
  {
    method: "GET",
    path: "/os-volume-type-access",
    policy: admin("volume_extension:volume_type_access:get_all_for_type"),
    run(type) {
      if (type.is_public) throw new Refusal(404, "Access list not available for public volume types.");
      const rows = type.access.map((project_id) => ({ volume_type_id: type.id, project_id }));
      return { status: 200, body: { volume_type_access: rows } };
    },
  },
];

function changeAccess(type: VolumeType, project: string, add: boolean, call: Call): Answer {
  if (type.is_public)
    throw new Refusal(400, "Invalid volume type: Type access modification is not applicable to public volume type.");
  const has = type.access.includes(project);
  if (add && has) throw new Refusal(409, `Volume type access for ${type.id} / ${project} combination already exists.`);
  if (!add && !has) throw new Refusal(404, `Volume type access not found for ${type.id} / ${project} combination.`);
  const others = type.access.filter((one) => one !== project);
  call.world.of(volumeTypes).put({ ...type, access: add ? [...others, project] : others });
  return { status: 202 };
}

const project = { fields: { project: string(1, 255) }, required: ["project"] };

export const typeResource: Resource<VolumeType> = {
  singular: "volume_type",
  plural: "volume_types",
  path: "/v3/types",
  table: volumeTypes,
  policies: {
    list: reads("volume_extension:type_get_all"),
    show: reads("volume_extension:type_get"),
    delete: admin("volume_extension:type_delete"),
  },
  attributes: [...trimmedView, access],
  order: [],
  visible: (type, call) => mayUse(type, call.actor),
  writable: () => true,
  listed: (type, call) => !call.actor.admin || call.query.get("is_public") === "None" || type.is_public,
  filters: {
    is_public: (values, call) => {
      const wanted = values.at(-1) ?? "";
      return (row) =>
        !call.actor.admin || wanted.toLowerCase() === "none" || String(row.is_public) === wanted.toLowerCase();
    },
    extra_specs: (values, call, name) => (call.version < 52 ? () => true : pairs("extra_specs")(values, call, name)),
  },
  sort: Object.fromEntries(["id", "name", "created_at", "updated_at", "is_public"].map((name) => [name, name])),
  onDelete: remove,
  members: [update, ...specRoutes],
  actions: actions<VolumeType>({
    addProjectAccess: {
      policy: admin("volume_extension:volume_type_access:addProjectAccess"),
      shape: project,
      run: (type, args, call) => changeAccess(type, text(args.project), true, call),
    },
    removeProjectAccess: {
      policy: admin("volume_extension:volume_type_access:removeProjectAccess"),
      shape: project,
      run: (type, args, call) => changeAccess(type, text(args.project), false, call),
    },
  }),
};

export const typeRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v3/types/default",
    policy: reads("volume_extension:type_get"),
    handle(call) {
      const type = call.world.of(volumeTypes).find(({ name }) => name === defaultType);
      if (type === undefined) throw notFound("Volume type", "default");
      return shown(type, call, trimmedView);
    },
  },
  {
    method: "POST",
    path: "/v3/types",
    policy: admin("volume_extension:type_create"),
    schema: (call) =>
      readBody(call, "volume_type", {
        fields: {
          name: shortText,
          description: optionalText,
          extra_specs: specs,
          "os-volume-type-access:is_public": flag,
        },
        required: ["name"],
      }),
    handle: create,
  },
];
