import {
  type Cloud,
  CloudError,
  type FloatingIp,
  type FloatingIpTarget,
  type Router,
  type RouterInterfaceTarget,
  type SecurityGroup,
  type SecurityGroupRule,
} from "../../src/cloud/index.ts";
import type { FakeWorld } from "./fakeCloud.ts";
import type { Tools } from "./fakeNetworking.ts";

/** Routers, floating addresses, security groups and quotas of the cloud in memory. */

type Addressing = Pick<Cloud, "securityGroups" | "floatingIps" | "routers" | "quotas">;

export function addressing(
  world: FakeWorld,
  projectId: string,
  tools: Tools,
  newPort: (networkId: string, more: { readonly deviceId: string; readonly deviceOwner: string }) => { id: string },
): Addressing {
  const { freshId, enter, find, list, remember, byMarker } = tools;
  const owns = (item: { readonly projectId: string }) => item.projectId === projectId;
  const put = <Item extends { readonly id: string }>(items: Map<string, Item>, item: Item): Item => {
    items.set(item.id, item);
    return item;
  };
  const portOf = (id: string) => find(world.ports, id, "port", owns);
  const led = (target: FloatingIpTarget | undefined): Pick<FloatingIp, "portId" | "fixedIp" | "status"> => {
    if (target === undefined) return { portId: undefined, fixedIp: undefined, status: "down" };
    if ([...world.floatingIps.values()].some(({ portId }) => portId === target.portId))
      throw new CloudError("IN_USE", `port ${target.portId} has a floating address`);
    const fixedIp = target.fixedIp ?? portOf(target.portId).fixedIps[0]?.ipAddress;
    return { portId: target.portId, fixedIp, status: "active" };
  };
  const gatewayOf = (networkId: string | null | undefined): Router["gateway"] =>
    networkId === null || networkId === undefined ? undefined : { networkId, isSnat: true, ipAddresses: [] };
  const interfaceOf = (id: string, target: RouterInterfaceTarget) =>
    [...world.ports.values()].find(
      (port) =>
        port.deviceId === id &&
        ("portId" in target ? port.id === target.portId : port.fixedIps[0]?.subnetId === target.subnetId),
    );

  return {
    securityGroups: {
      list: (query = {}) =>
        list("securityGroups.list", world.securityGroups, (group) => {
          if (!owns(group) || query.ids?.includes(group.id) === false) return false;
          return query.name === undefined || query.name === group.name;
        }),
      async get(id) {
        enter("securityGroups.get");
        return find(world.securityGroups, id, "security group", owns);
      },
      async create({ marker, name, description = "", isStateful = true }) {
        enter("securityGroups.create");
        const group: SecurityGroup = { id: freshId(), name, description, isStateful, rules: [], projectId, tags: [] };
        remember(marker, group.id);
        return put(world.securityGroups, group);
      },
      async update(id, change) {
        enter("securityGroups.update");
        return put(world.securityGroups, { ...find(world.securityGroups, id, "security group", owns), ...change });
      },
      async delete(id) {
        enter("securityGroups.delete");
        find(world.securityGroups, id, "security group", owns);
        if ([...world.ports.values()].some(({ securityGroupIds }) => securityGroupIds.includes(id)))
          throw new CloudError("IN_USE", `security group ${id} is in use`);
        world.securityGroups.delete(id);
      },
      async addRule(groupId, { marker: _, description = "", ...draft }) {
        enter("securityGroups.addRule");
        const group = find(world.securityGroups, groupId, "security group", owns);
        const open = { protocol: undefined, portMin: undefined, portMax: undefined };
        const remote = { remoteCidr: undefined, remoteGroupId: undefined };
        const rule: SecurityGroupRule = { id: freshId(), groupId, description, ...open, ...remote, ...draft };
        put(world.securityGroups, { ...group, rules: [...group.rules, rule] });
        return rule;
      },
      async removeRule(ruleId) {
        enter("securityGroups.removeRule");
        const groups = [...world.securityGroups.values()].filter(owns);
        const group = groups.find(({ rules }) => rules.some(({ id }) => id === ruleId));
        if (group === undefined) throw new CloudError("NOT_FOUND", `no rule ${ruleId}`);
        put(world.securityGroups, { ...group, rules: group.rules.filter(({ id }) => id !== ruleId) });
      },
      findByMarker: async (marker) => byMarker(world.securityGroups, marker),
    },
    floatingIps: {
      list: (query = {}) =>
        list("floatingIps.list", world.floatingIps, (address) => {
          if (!owns(address) || query.ids?.includes(address.id) === false) return false;
          if (query.portIds?.includes(address.portId ?? "") === false) return false;
          return query.ipAddresses?.includes(address.ipAddress) !== false;
        }),
      async get(id) {
        enter("floatingIps.get");
        return find(world.floatingIps, id, "floating address", owns);
      },
      async create({ marker, networkId, ipAddress, description = "", target }) {
        enter("floatingIps.create");
        const network = find(world.networks, networkId, "network", () => true);
        if (!network.isExternal) throw new CloudError("INVALID_VALUE", `network ${networkId} is not external`);
        const own = { id: freshId(), ipAddress: ipAddress ?? `203.0.113.${world.floatingIps.size + 10}` };
        const rest = { description, networkId, routerId: undefined, projectId, tags: [] };
        const address: FloatingIp = { ...own, ...rest, ...led(target) };
        remember(marker, address.id);
        return put(world.floatingIps, address);
      },
      async associate(id, target) {
        enter("floatingIps.associate");
        const { portId: _, ...address } = find(world.floatingIps, id, "floating address", owns);
        world.floatingIps.delete(id);
        return put(world.floatingIps, { ...address, ...led(target) });
      },
      async delete(id) {
        enter("floatingIps.delete");
        find(world.floatingIps, id, "floating address", owns);
        world.floatingIps.delete(id);
      },
      findByMarker: async (marker) => byMarker(world.floatingIps, marker),
    },
    routers: {
      list: (query = {}) =>
        list("routers.list", world.routers, (router) => {
          if (!owns(router) || query.ids?.includes(router.id) === false) return false;
          return query.name === undefined || query.name === router.name;
        }),
      async get(id) {
        enter("routers.get");
        return find(world.routers, id, "router", owns);
      },
      async create({ marker, name, description = "", isAdminUp = true, gatewayNetworkId }) {
        enter("routers.create");
        const state = { status: "active", isAdminUp, gateway: gatewayOf(gatewayNetworkId) } as const;
        const router: Router = { id: freshId(), name, description, ...state, projectId, zones: [], tags: [] };
        remember(marker, router.id);
        return put(world.routers, router);
      },
      async update(id, { gatewayNetworkId, ...change }) {
        enter("routers.update");
        const router = find(world.routers, id, "router", owns);
        const gateway = gatewayNetworkId === undefined ? router.gateway : gatewayOf(gatewayNetworkId);
        return put(world.routers, { ...router, ...change, gateway });
      },
      async delete(id) {
        enter("routers.delete");
        find(world.routers, id, "router", owns);
        if ([...world.ports.values()].some(({ deviceId }) => deviceId === id))
          throw new CloudError("IN_USE", `router ${id} has interfaces`);
        world.routers.delete(id);
      },
      async addInterface(id, target) {
        enter("routers.addInterface");
        find(world.routers, id, "router", owns);
        const device = { deviceId: id, deviceOwner: "network:router_interface" };
        const made =
          "portId" in target
            ? put(world.ports, { ...portOf(target.portId), ...device })
            : newPort(find(world.subnets, target.subnetId, "subnet", () => true).networkId, device);
        return { portId: made.id, subnetId: portOf(made.id).fixedIps[0]?.subnetId ?? "" };
      },
      async removeInterface(id, target) {
        enter("routers.removeInterface");
        const port = interfaceOf(id, target);
        if (port === undefined) throw new CloudError("NOT_FOUND", `router ${id} has no such interface`);
        world.ports.delete(port.id);
      },
      findByMarker: async (marker) => byMarker(world.routers, marker),
    },
    quotas: {
      async list() {
        enter("quotas.list");
        return [
          { service: "compute", name: "instances", limit: 10, used: [...world.servers.values()].filter(owns).length },
        ];
      },
    },
  };
}
