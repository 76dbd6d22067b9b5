/** QoS specs, which types refer to; for administrators (cinder stable/zed: api/contrib/qos_specs_manage.py). */
import { string } from "../core/checks.ts";
import { isList, isObject, type Json, type JsonObject, type Row, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, MemberRoute, Resource, Route } from "../core/types.ts";
import { defineTable } from "../world.ts";
import { notFound } from "./errors.ts";
import { anyText, pairsOf, readBody } from "./fields.ts";
import { links, words } from "./form.ts";
import { admin, accepted } from "./policies.ts";
import { type Labels, type VolumeType, volumeTypes } from "./rows.ts";

interface Specs extends Row {
  readonly name: string;
  readonly consumer: string;
  readonly specs: Labels;
}

const qosSpecs = defineTable<Specs>("cinder.qos_specs");

const policy = (verb: string) => admin(`volume_extension:qos_specs_manage:${verb}`);

const consumers = ["back-end", "front-end", "both"];

function view({ id, name, consumer, specs }: Specs): JsonObject {
  return { id, name, consumer, specs };
}

function withLinks(row: Specs, call: Call): Answer {
  return { status: 200, body: { qos_specs: view(row), links: links(call, `/qos-specs/${row.id}`) } };
}

function consumerOf(value: Json | undefined): string {
  const wanted = value === undefined ? "back-end" : text(value);
  if (!consumers.includes(wanted))
    throw new Refusal(
      400,
      `Invalid qos specs: Valid consumer of QoS specs are: (${consumers.map((one) => `'${one}'`).join(", ")})`,
    );
  return wanted;
}

function associated({ id }: Specs, call: Call): readonly VolumeType[] {
  return call.world.of(volumeTypes).filter((type) => type.qos_specs_id === id);
}

function typeOf(call: Call): VolumeType {
  const id = call.query.get("vol_type_id") ?? "";
  if (id === "") throw new Refusal(400, "Volume Type id must not be None.");
  const type = call.world.of(volumeTypes).get(id);
  if (type === undefined) throw notFound("Volume type", id);
  return type;
}

function setType(type: VolumeType, qos_specs_id: string | null, call: Call): void {
  call.world.of(volumeTypes).put({ ...type, qos_specs_id });
}

const body = (call: Call): JsonObject => readBody(call, "qos_specs", { fields: {}, open: true });

/** A changing GET, as the API has it. */
const changing = (path: string, verb: string, run: (row: Specs, call: Call) => void): MemberRoute<Specs> => ({
  method: "GET",
  path,
  policy: policy(verb),
  run(row, call) {
    run(row, call);
    return accepted;
  },
});

const members: readonly MemberRoute<Specs>[] = [
  { method: "GET", path: "", policy: policy("get"), run: withLinks },
  {
    method: "PUT",
    path: "",
    policy: policy("update"),
    schema: body,
    run(row, call) {
      const { consumer, ...given } = call.input;
      const next = consumer === undefined ? row.consumer : consumerOf(consumer);
      call.world.of(qosSpecs).put({ ...row, consumer: next, specs: { ...row.specs, ...pairsOf(given) } });
      return { status: 200, body: { qos_specs: call.input } };
    },
  },
  {
    method: "PUT",
    path: "/delete_keys",
    policy: policy("delete"),
    schema: (call) => {
      const keys = isObject(call.body) ? call.body.keys : undefined;
      if (!isList(keys)) throw words.malformed();
      return { keys };
    },
    run(row, call) {
      const keys = isList(call.input.keys) ? call.input.keys.map(text) : [];
      const missing = keys.find((key) => !Object.hasOwn(row.specs, key));
      if (missing !== undefined) throw new Refusal(404, `QoS spec ${row.id} has no spec with key ${missing}.`);
      const specs = Object.fromEntries(Object.entries(row.specs).filter(([key]) => !keys.includes(key)));
      call.world.of(qosSpecs).put({ ...row, specs });
      return accepted;
    },
  },
  {
    method: "GET",
    path: "/associations",
    policy: policy("get_all"),
    run: (row, call) => {
      const types = associated(row, call).map(({ id, name }) => ({ association_type: "volume_type", name, id }));
      return { status: 200, body: { qos_associations: types } };
    },
  },
  changing("/associate", "update", (row, call) => {
    const type = typeOf(call);
    if (type.qos_specs_id !== null && type.qos_specs_id !== row.id)
      throw new Refusal(
        400,
        `Invalid volume type: Type ${type.id} is already associated with another qos specs: ${type.qos_specs_id}`,
      );
    setType(type, row.id, call);
  }),
  changing("/disassociate", "update", (row, call) => {
    const type = typeOf(call);
    if (type.qos_specs_id === row.id) setType(type, null, call);
  }),
  changing("/disassociate_all", "update", (row, call) => {
    for (const type of associated(row, call)) setType(type, null, call);
  }),
];

export const qosResource: Resource<Specs> = {
  singular: "qos_spec",
  plural: "qos_specs",
  path: "/v3/qos-specs",
  table: qosSpecs,
  policies: { list: policy("get_all"), delete: policy("delete") },
  attributes: [{ name: "id" }, { name: "name" }, { name: "consumer" }, { name: "specs" }],
  order: [],
  sort: { id: "id", name: "name" },
  notFound: (id) => new Refusal(404, `No such QoS spec ${id}.`),
  onDelete(row, call) {
    const types = associated(row, call);
    const forced = ["true", "1"].includes((call.query.get("force") ?? "").toLowerCase());
    if (types.length > 0 && !forced) throw new Refusal(400, "Qos specs still in use.");
    for (const type of types) setType(type, null, call);
    return undefined;
  },
  members,
};

export const qosRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/v3/qos-specs",
    policy: policy("create"),
    schema: (call) =>
      readBody(call, "qos_specs", {
        fields: { name: string(1, 255), consumer: anyText },
        required: ["name"],
        open: true,
      }),
    handle(call) {
      const { name, consumer, ...specs } = call.input;
      const wanted = text(name).trim();
      const checked = consumerOf(consumer);
      if (call.world.of(qosSpecs).find((row) => row.name === wanted) !== undefined)
        throw new Refusal(409, `QoS Specs ${wanted} already exists.`);
      const row = { id: call.ids.uuid(), name: wanted, consumer: checked, specs: pairsOf(specs) };
      return withLinks(call.world.of(qosSpecs).put(row), call);
    },
  },
];
