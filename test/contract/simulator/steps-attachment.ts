/** Attachments, snapshots, quotas and types of Cinder, in the conversation of steps-volume.ts. */
import type { Step } from "./step.ts";
import { get, gone, metadata, newest, nobody, post, server, step, until } from "./volume-words.ts";

const attach = (body: unknown, version?: string, more?: Partial<Step>) =>
  step("member", "POST", "/v3/attachments", body, version, more);
const own = "/v3/attachments/{attachment}";

export const attachments: readonly Step[] = [
  attach({ attachment: { volume_uuid: "{volume}" } }, "3.26"),
  attach({}),
  attach({ attachment: {} }),
  attach({ attachment: { volume_uuid: "x" } }),
  attach({ attachment: { volume_uuid: nobody } }),
  attach({ attachment: { volume_uuid: "{volume}", foo: 1 } }),
  attach({ attachment: { volume_uuid: "{volume}", mode: "zz" } }),
  attach({ attachment: { volume_uuid: "{volume}", instance_uuid: server } }, newest, {
    save: { attachment: ["attachment", "id"] },
  }),
  get("/v3/volumes/{volume}"),
  attach({ attachment: { volume_uuid: "{volume}", instance_uuid: nobody } }),
  get("/v3/attachments?volume_id={volume}"),
  get("/v3/attachments/detail?volume_id={volume}"),
  get("/v3/attachments?foo=1"),
  get("/v3/attachments/nope"),
  get(own),
  get(own, newest, "stranger"),
  step("member", "PUT", own, { attachment: {} }),
  step("member", "PUT", own, { attachment: { connector: {} } }),
  step("member", "PUT", own, { attachment: { connector: { host: "h", mountpoint: "/dev/vdb" } } }),
  get("/v3/volumes/{volume}"),
  post(`${own}/action`, { "os-complete": {} }, "3.43"),
  post(`${own}/action`, { "os-complete": {} }),
  get(own),
  get("/v3/volumes/{volume}"),
  step("member", "DELETE", own),
  step("member", "DELETE", own),
  until("/v3/volumes/{volume}", "volume", "available"),
];

export const snapshots: readonly Step[] = [
  ...[
    {},
    { snapshot: {} },
    { snapshot: { volume_id: "x" } },
    { snapshot: { volume_id: nobody } },
    { snapshot: { volume_id: "{volume}", force: "x" } },
    { snapshot: { volume_id: "{volume}", force: false } },
    { snapshot: { volume_id: "{volume}", foo: 1 } },
  ].map((body) => post("/v3/snapshots", body)),
  step("member", "POST", "/v3/snapshots", { snapshot: { volume_id: "{volume}", name: "parity" } }, newest, {
    save: { snapshot: ["snapshot", "id"] },
  }),
  until("/v3/snapshots/{snapshot}", "snapshot", "available"),
  ...["3.0", "3.14", "3.41"].map((version) => get("/v3/snapshots/{snapshot}", version)),
  get("/v3/snapshots/{snapshot}", newest, "stranger"),
  get("/v3/snapshots?name=parity"),
  get("/v3/snapshots/detail?name=parity&limit=1"),
  get("/v3/snapshots?name=parity&limit=1"),
  get("/v3/snapshots?foo=1"),
  step("member", "PUT", "/v3/snapshots/{snapshot}", { snapshot: {} }),
  step("member", "PUT", "/v3/snapshots/{snapshot}", { snapshot: { description: "d" } }),
  ...metadata("/v3/snapshots/{snapshot}"),
  post("/v3/snapshots/{snapshot}/action", { "os-reset_status": { status: "error" } }),
  step("member", "DELETE", "/v3/volumes/{volume}"),
  post("/v3/volumes", { volume: { size: 1, snapshot_id: "{snapshot}" } }),
  post("/v3/volumes", { volume: { size: 1, source_volid: "{volume}" } }),
  post("/v3/volumes", { volume: { size: 2, source_volid: "{volume}", snapshot_id: "{snapshot}" } }),
  step("member", "DELETE", "/v3/snapshots/{snapshot}"),
  gone("/v3/snapshots/{snapshot}"),
];

const quotas = "/v3/os-quota-sets/parity";
export const limits: readonly Step[] = [
  get("/v3/os-quota-sets/{member.project}"),
  get("/v3/os-quota-sets/{member.project}?usage=true"),
  get("/v3/os-quota-sets/{member.project}/defaults"),
  get("/v3/os-quota-sets/{stranger.project}"),
  get(`${quotas}?usage=x`, newest, "admin"),
  step("member", "PUT", quotas, { quota_set: { volumes: 1 } }),
  ...[
    {},
    { quota_set: {} },
    { quota_set: { zz: 1 } },
    { quota_set: { volumes: "x" } },
    { quota_set: { volumes: -2 } },
    { quota_set: { volumes: 1, gigabytes_fast: 5 } },
  ].map((body) => step("admin", "PUT", quotas, body)),
  get(quotas, newest, "admin"),
  step("admin", "DELETE", quotas),
  get(quotas, newest, "admin"),
];

const type = "/v3/types/{type}";
export const types: readonly Step[] = [
  post("/v3/types", { volume_type: { name: "x" } }),
  ...[
    {},
    { volume_type: {} },
    { volume_type: { name: "" } },
    { volume_type: { name: "standard" } },
    { volume_type: { name: "x", extra_specs: { a: 1 } } },
  ].map((body) => step("admin", "POST", "/v3/types", body)),
  step(
    "admin",
    "POST",
    "/v3/types",
    { volume_type: { name: "parity", "os-volume-type-access:is_public": false, extra_specs: { k: "v" } } },
    newest,
    { save: { type: ["volume_type", "id"] } },
  ),
  get(type),
  get(type, newest, "admin"),
  step("admin", "PUT", type, { volume_type: { description: "z" } }),
  step("admin", "POST", `${type}/extra_specs`, { extra_specs: { a: "b" } }),
  step("admin", "PUT", `${type}/extra_specs/a`, { b: "c" }),
  step("admin", "DELETE", `${type}/extra_specs/a`),
  step("admin", "DELETE", `${type}/extra_specs/a`),
  step("admin", "POST", `${type}/action`, { addProjectAccess: { project: "{member.project}" } }),
  step("admin", "POST", `${type}/action`, { addProjectAccess: { project: "{member.project}" } }),
  get(`${type}/os-volume-type-access`, newest, "admin"),
  get(type),
  get(`${type}/extra_specs/k`),
  step("member", "DELETE", type),
  step("admin", "DELETE", type),
  step("admin", "DELETE", type),
];
