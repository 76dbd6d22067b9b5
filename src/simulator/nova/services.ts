/** Nova's services, for administrators (nova stable/zed: api/openstack/compute/services.py, hosts.py). */
import { all, boolean, oneOf, string } from "../core/checks.ts";
import { isObject, type JsonObject, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, Policy, Route } from "../core/types.ts";
import { databaseTime } from "./form.ts";
import { compute, type NovaService, novaServices, zoneOfService } from "./places.ts";
import { checkObject, type Property } from "./servers/schema.ts";
import { servers } from "./servers/rows.ts";

const policy = (name: string): Policy => ({ name: `os_compute_api:os-services:${name}`, rule: "admin" });

function shown(service: NovaService, call: Call): JsonObject {
  return {
    binary: service.binary,
    host: service.host,
    id: call.version < 53 ? service.number : service.id,
    zone: zoneOfService(call.world, service),
    status: service.disabled ? "disabled" : "enabled",
    state: service.forced_down ? "down" : "up",
    updated_at: `${databaseTime(call.now)}`,
    disabled_reason: service.disabled_reason,
    ...(call.version >= 11 ? { forced_down: service.forced_down } : {}),
  };
}

function list(call: Call): Answer {
  const wanted = (name: string, value: string) => (call.query.get(name) ?? value) === value;
  const rows = call.world
    .of(novaServices)
    .filter(({ binary, host }) => wanted("binary", binary) && wanted("host", host));
  return { status: 200, body: { services: rows.map((row) => shown(row, call)) } };
}

const label = all(string(1, 255));

/** What each of the old paths does with the service that the body names. */
const verbs: Readonly<
  Record<string, { readonly more: readonly Property[]; readonly since?: number; change(input: JsonObject): JsonObject }>
> = {
  enable: { more: [], change: () => ({ disabled: false, disabled_reason: null }) },
  disable: { more: [], change: () => ({ disabled: true }) },
  "disable-log-reason": {
    more: [{ name: "disabled_reason", check: label, required: true }],
    change: (input) => ({ disabled: true, disabled_reason: text(input.disabled_reason) }),
  },
  "force-down": {
    more: [{ name: "forced_down", check: boolean, required: true }],
    since: 11,
    change: (input) => ({ forced_down: input.forced_down === true }),
  },
};

function named(call: Call, input: JsonObject): NovaService {
  const host = text(input.host);
  const onHost = call.world.of(novaServices).filter((service) => service.host === host);
  if (onHost.length === 0) throw new Refusal(404, `Host '${host}' is not mapped to any cell`);
  const found = onHost.find(({ binary }) => binary === text(input.binary));
  if (found === undefined) throw new Refusal(404, `Could not find binary ${text(input.binary)} on host ${host}.`);
  return found;
}

function oldRoute(verb: string): Route {
  const { more, since = 0, change } = verbs[verb] ?? { more: [], change: () => ({}) };
  const properties: readonly Property[] = [
    { name: "host", check: label, required: true },
    { name: "binary", check: label, required: true },
    ...more,
  ];
  return {
    method: "PUT",
    path: `/v2.1/os-services/${verb}`,
    since,
    until: 52,
    policy: policy("update"),
    schema: (call) => checkObject(verb, call.body ?? null, properties, call.version),
    handle(call) {
      const service = call.world.of(novaServices).put({ ...named(call, call.input), ...change(call.input) });
      const state: JsonObject =
        verb === "force-down"
          ? { forced_down: service.forced_down }
          : {
              status: service.disabled ? "disabled" : "enabled",
              ...(verb === "disable-log-reason" ? { disabled_reason: service.disabled_reason } : {}),
            };
      return { status: 200, body: { service: { host: service.host, binary: service.binary, ...state } } };
    },
  };
}

function byId(call: Call): NovaService {
  const id = call.params.service ?? "";
  if (!/^[0-9a-f-]{36}$/.test(id)) throw new Refusal(400, `Invalid uuid ${id}`);
  const found = call.world.of(novaServices).get(id);
  if (found === undefined) throw new Refusal(404, `Service ${id} could not be found.`);
  return found;
}

const changes: readonly Property[] = [
  { name: "status", check: oneOf("enabled", "disabled") },
  { name: "disabled_reason", check: label },
  { name: "forced_down", check: boolean },
];

function update(call: Call): Answer {
  const { status, disabled_reason: reason, forced_down: down } = call.input;
  const service = byId(call);
  if (service.binary !== compute)
    throw new Refusal(400, "Updating a nova-compute service is supported, other services are not.");
  if (status === undefined && down === undefined && reason === undefined)
    throw new Refusal(400, "No updates were requested. Fields 'status' or 'forced_down' should be specified.");
  if (reason !== undefined && status !== "disabled")
    throw new Refusal(400, "Specifying 'disabled_reason' requires that status is 'disabled'.");
  const changed = call.world.of(novaServices).put({
    ...service,
    ...(status === undefined ? {} : { disabled: status === "disabled" }),
    ...(status === "enabled"
      ? { disabled_reason: null }
      : reason === undefined
        ? {}
        : { disabled_reason: text(reason) }),
    ...(down === undefined ? {} : { forced_down: down === true }),
  });
  return { status: 200, body: { service: shown(changed, call) } };
}

function remove(call: Call): Answer {
  const service = byId(call);
  const used = call.world.of(servers).find(({ host, deleted }) => host === service.host && !deleted);
  if (service.binary === compute && used !== undefined)
    throw new Refusal(
      409,
      "Unable to delete compute service that is hosting instances. Migrate or delete the instances first.",
    );
  call.world.of(novaServices).delete(service.id);
  return { status: 204 };
}

/** `os-hosts`, which 2.43 took away. */
function hostList(call: Call): Answer {
  const zone = call.query.get("zone");
  const rows = [...call.world.of(novaServices).all()].map((service) => ({
    host_name: service.host,
    service: service.binary.replace("nova-", ""),
    zone: zoneOfService(call.world, service),
  }));
  return { status: 200, body: { hosts: rows.filter((row) => zone === null || row.zone === zone) } };
}

function hostShow(call: Call): Answer {
  const host = call.params.host ?? "";
  const service = call.world.of(novaServices).find((one) => one.host === host && one.binary === compute);
  if (service === undefined) throw new Refusal(404, `Compute host ${host} could not be found.`);
  const load = call.world.of(servers).filter((server) => server.host === host && !server.deleted);
  const sum = (of: (server: (typeof load)[number]) => number) => load.reduce((total, one) => total + of(one), 0);
  const used = {
    cpu: sum(({ flavor }) => flavor.vcpus),
    memory_mb: sum(({ flavor }) => flavor.ram),
    disk_gb: sum(({ flavor }) => flavor.disk),
  };
  const line = (project: string, amounts: JsonObject) => ({ resource: { host, project, ...amounts } });
  return { status: 200, body: { host: [line("(used_now)", used)] } };
}

const oldHosts: Pick<Route, "until"> = { until: 42 };

export const serviceRoutes: readonly Route[] = [
  { method: "GET", path: "/v2.1/os-services", policy: policy("list"), handle: list },
  ...Object.keys(verbs).map(oldRoute),
  {
    method: "PUT",
    path: "/v2.1/os-services/{service}",
    since: 53,
    policy: policy("update"),
    schema: (call) => checkObject("service", isObject(call.body) ? call.body : null, changes, call.version),
    handle: update,
  },
  { method: "DELETE", path: "/v2.1/os-services/{service}", since: 53, policy: policy("delete"), handle: remove },
  {
    method: "GET",
    path: "/v2.1/os-hosts",
    ...oldHosts,
    policy: { name: "os_compute_api:os-hosts:list", rule: "admin" },
    handle: hostList,
  },
  {
    method: "GET",
    path: "/v2.1/os-hosts/{host}",
    ...oldHosts,
    policy: { name: "os_compute_api:os-hosts:show", rule: "admin" },
    handle: hostShow,
  },
];
