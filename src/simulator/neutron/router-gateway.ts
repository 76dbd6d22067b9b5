/** `external_gateway_info`: a router's way out (neutron stable/zed: db/l3_db.py, db/l3_gwmode_db.py). */
import { isList, isObject, type Json, type JsonObject, text } from "../core/json.ts";
import type { Call, Check } from "../core/types.ts";
import { badRequest, conflict } from "./errors.ts";
import { allocate, checkSubnetsExist, type Wanted } from "./ipam.ts";
import { visibleNetwork } from "./networks.ts";
import * as parts from "./parts.ts";
import { fixedIps, wantedOf } from "./port-attributes.ts";
import { newPort } from "./port-making.ts";
import { routerGateway } from "./port-owners.ts";
import { checkDistinct, gatewayOf, interfacesOf, plugTask, plugTime, subnetsOf } from "./router-ports.ts";
import { floatingIps, type Port, ports, type Router } from "./tables.ts";

const known = ["network_id", "enable_snat", "external_fixed_ips", "qos_policy_id"];

/** An object with a network; an empty one, or null, takes the gateway away. */
export const gatewayInfo: Check = (value) => {
  if (value === null) return undefined;
  if (!isObject(value)) return `${parts.shown(value)} is not a dictionary`;
  const given = Object.keys(value);
  if (given.length === 0) return undefined;
  const unknown = given.filter((key) => !known.includes(key));
  if (unknown.length > 0) return `Unexpected keys supplied: ${unknown.join(", ")}`;
  if (value.network_id === undefined) return parts.keys(value, ["network_id"]);
  const wrong = parts.uuid(value.network_id);
  if (wrong !== undefined) return wrong;
  if ((value.qos_policy_id ?? null) !== null) return "QoS policies are not supported";
  return value.external_fixed_ips === undefined ? undefined : fixedIps(value.external_fixed_ips);
};

/** The converters of its members. */
export function storeGateway(value: Json): Json {
  if (!isObject(value) || value.enable_snat === undefined) return value;
  return { ...value, enable_snat: parts.toBoolean(value.enable_snat) };
}

/** Only administrators choose addresses and translation. */
function authorize(info: JsonObject, call: Call): void {
  const [denied] = ["enable_snat", "external_fixed_ips"].filter((name) => info[name] !== undefined);
  if (call.actor.admin || denied === undefined) return;
  const rule = "rule:{verb}_router";
  const base = `${rule}:external_gateway_info`;
  const name = `(${rule} and (${base} and (${base}:network_id and ${base}:${denied})))`;
  throw call.service.words.forbidden({ name, rule: "admin" }, call);
}

/** The gateway that a router shall have, checked but not yet in place. */
export interface GatewayPlan {
  readonly port: Port | undefined;
  readonly enableSnat: boolean;
}

export function planGateway(router: Router, info: Json, call: Call): GatewayPlan {
  const { world, actor } = call;
  const before = gatewayOf(world, router);
  const request = isObject(info) ? info : {};
  const networkId = text(request.network_id);
  authorize(request, call);
  if (
    before !== undefined &&
    before.network_id !== networkId &&
    world.of(floatingIps).by("router_id", router.id).length
  )
    throw conflict(
      "RouterExternalGatewayInUseByFloatingIp",
      `Gateway cannot be updated for router ${router.id}, since a gateway to external network ${before.network_id} is required by one or more floating IPs.`,
    );
  if (networkId === "") return { port: undefined, enableSnat: true };
  const network = visibleNetwork(world, networkId, actor.projectId, actor.admin);
  if (!network.external) throw badRequest("router", `Network ${networkId} is not an external network`);
  const wanted = isList(request.external_fixed_ips) ? wantedOf(request.external_fixed_ips) : [];
  const addresses = wanted.length === 0 ? {} : { wanted };
  const draft = { network, projectId: "", deviceId: router.id, deviceOwner: routerGateway, ...addresses };
  const port = before?.network_id === networkId ? moved(before, wanted, call) : newPort(call, draft);
  checkDistinct(world, interfacesOf(world, router), subnetsOf(world, port));
  return { port, enableSnat: request.enable_snat !== false };
}

/** The gateway stays where it is, with other addresses if some were asked for. */
function moved(port: Port, wanted: readonly Wanted[], { world, now }: Call): Port {
  if (wanted.length === 0) return port;
  checkSubnetsExist(world, wanted);
  const { network_id: networkId, mac_address: mac, device_owner: deviceOwner, fixed_ips: current } = port;
  const fixed_ips = allocate(world, { networkId, mac, deviceOwner, wanted, portId: port.id, current });
  return { ...port, fixed_ips, ...parts.touch(port, now) };
}

/** Puts the plan in place; the columns of the router that change by it. */
export function setGateway(
  router: Router,
  { port, enableSnat }: GatewayPlan,
  call: Call,
): Pick<Router, "gateway_port_id" | "enable_snat"> {
  const before = router.gateway_port_id;
  if (before !== null && before !== port?.id) call.world.of(ports).delete(before);
  if (port !== undefined) call.world.of(ports).put(port);
  if (port !== undefined && port.id !== before) call.machine.after(plugTime, plugTask, port.id);
  return { gateway_port_id: port?.id ?? null, enable_snat: enableSnat };
}

export function gatewayView(router: Router, { world }: Pick<Call, "world">): JsonObject | null {
  const port = gatewayOf(world, router);
  if (port === undefined) return null;
  return { network_id: port.network_id, external_fixed_ips: port.fixed_ips, enable_snat: router.enable_snat };
}
