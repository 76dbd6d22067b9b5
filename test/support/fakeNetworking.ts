import {
  type Cloud,
  CloudError,
  type Listing,
  type Marker,
  type Network,
  type Port,
  type Subnet,
} from "../../src/cloud/index.ts";
import type { FakeWorld } from "./fakeCloud.ts";
import { fakeNetwork, fakeSubnet } from "./fakeThings.ts";

/** The network half of the cloud in memory, and the tools that both halves are made with. */

export type FakePort = Port & { readonly projectId: string };
export type Tools = ReturnType<typeof toolsOf>;

export function toolsOf(world: Pick<FakeWorld, "calls" | "failures">) {
  let count = 0;
  const markers = new Map<string, string>();
  const freshId = (): string => {
    count += 1;
    return `7a1f0c52-5b0e-4a3e-9c39-${count.toString(16).padStart(12, "0")}`;
  };
  const enter = (name: string): void => {
    world.calls.push(name);
    const failure = world.failures.get(name);
    if (failure === undefined) return;
    world.failures.delete(name);
    throw failure;
  };
  const find = <Item>(items: Map<string, Item>, id: string, what: string, sees: (item: Item) => boolean): Item => {
    const item = items.get(id);
    if (item === undefined || !sees(item)) throw new CloudError("NOT_FOUND", `no ${what} ${id}`);
    return item;
  };
  async function* list<Item>(name: string, items: Map<string, Item>, sees: (item: Item) => boolean): Listing<Item> {
    enter(name);
    for (const item of [...items.values()]) if (sees(item)) yield item;
  }
  const remember = (marker: Marker, id: string) => markers.set(marker.value, id);
  const byMarker = <Item>(items: Map<string, Item>, marker: Marker): Item | undefined =>
    items.get(markers.get(marker.value) ?? "");
  return { freshId, enter, find, list, remember, byMarker };
}

export function networking(world: FakeWorld, projectId: string, tools: Tools) {
  const { freshId, enter, find, list, remember, byMarker } = tools;
  const owns = (item: { readonly projectId: string }) => item.projectId === projectId;
  const seesNetwork = (network: Network) => owns(network) || network.isShared || network.isExternal;
  const seesSubnet = ({ networkId }: Subnet) => {
    const network = world.networks.get(networkId);
    return network !== undefined && seesNetwork(network);
  };
  const newPort = (networkId: string, more: Partial<Port> = {}, address?: string): FakePort => {
    const network = find(world.networks, networkId, "network", seesNetwork);
    const subnet = world.subnets.get(network.subnetIds[0] ?? "");
    const id = freshId();
    const fixedIps = subnet === undefined ? [] : [{ ipAddress: address ?? nextAddress(subnet), subnetId: subnet.id }];
    const port = {
      id,
      name: "",
      networkId,
      macAddress: `fa:16:3e:00:00:${id.slice(-2)}`,
      fixedIps,
      deviceId: undefined,
      deviceOwner: undefined,
      isAdminUp: true,
      status: "active",
      vnicType: "normal",
      securityGroupIds: [],
      tags: [],
      isOwned: false,
      ...more,
      projectId,
    } as const;
    world.ports.set(id, port);
    return port;
  };
  const nextAddress = ({ id, cidr }: Subnet): string => {
    const used = [...world.ports.values()].filter(({ fixedIps }) => fixedIps.some(({ subnetId }) => subnetId === id));
    return cidr.replace(/[\d]+\/\d+$/, String(used.length + 10)).replace(/::\/\d+$/, `::${used.length + 10}`);
  };

  const ports: Pick<Cloud, "networks" | "subnets" | "ports"> = {
    networks: {
      list: () => list("networks.list", world.networks, seesNetwork),
      async get(id) {
        enter("networks.get");
        return find(world.networks, id, "network", seesNetwork);
      },
      async create({ marker, ...draft }) {
        enter("networks.create");
        const network = fakeNetwork({ id: freshId(), projectId, ...draft });
        world.networks.set(network.id, network);
        remember(marker, network.id);
        return network;
      },
      async update(id, change) {
        enter("networks.update");
        const network = { ...find(world.networks, id, "network", owns), ...change };
        world.networks.set(id, network);
        return network;
      },
      async delete(id) {
        enter("networks.delete");
        const { subnetIds } = find(world.networks, id, "network", owns);
        for (const subnetId of subnetIds) world.subnets.delete(subnetId);
        world.networks.delete(id);
      },
      findByMarker: async (marker) => byMarker(world.networks, marker),
    },
    subnets: {
      list: (query) =>
        list("subnets.list", world.subnets, (subnet) => {
          const isAsked = query?.networkIds?.includes(subnet.networkId) ?? query?.ids?.includes(subnet.id) ?? true;
          return isAsked && seesSubnet(subnet);
        }),
      async get(id) {
        enter("subnets.get");
        return find(world.subnets, id, "subnet", seesSubnet);
      },
      async create({ marker, gatewayIp, ...draft }) {
        enter("subnets.create");
        const network = find(world.networks, draft.networkId, "network", owns);
        const subnet = fakeSubnet({ id: freshId(), ...draft, gatewayIp: gatewayIp ?? undefined });
        world.subnets.set(subnet.id, subnet);
        world.networks.set(network.id, { ...network, subnetIds: [...network.subnetIds, subnet.id] });
        remember(marker, subnet.id);
        return subnet;
      },
      async delete(id) {
        enter("subnets.delete");
        find(world.subnets, id, "subnet", seesSubnet);
        world.subnets.delete(id);
      },
      findByMarker: async (marker) => byMarker(world.subnets, marker),
    },
    ports: {
      list: (query) =>
        list("ports.list", world.ports, (port) => {
          const { ids, deviceIds, networkIds, ofServers } = query ?? {};
          if (!owns(port) || ids?.includes(port.id) === false) return false;
          if (deviceIds?.includes(port.deviceId ?? "") === false) return false;
          if (networkIds?.includes(port.networkId) === false) return false;
          return ofServers !== true || (port.deviceOwner ?? "").startsWith("compute:");
        }),
      async get(id) {
        enter("ports.get");
        return find(world.ports, id, "port", owns);
      },
      async update(id, change) {
        enter("ports.update");
        const port = { ...find(world.ports, id, "port", owns), ...change };
        world.ports.set(id, port);
        return port;
      },
      async create({ marker, networkId, macAddress, fixedIps, vnicType, name, securityGroupIds = [] }) {
        enter("ports.create");
        const more = { isOwned: true, securityGroupIds, ...(macAddress === undefined ? {} : { macAddress }) };
        const card = { ...more, ...(vnicType === undefined ? {} : { vnicType }), name: name ?? "" };
        const port = newPort(networkId, card, fixedIps?.[0]?.ipAddress);
        remember(marker, port.id);
        return port;
      },
      async delete(id) {
        enter("ports.delete");
        find(world.ports, id, "port", owns);
        world.ports.delete(id);
      },
      findByMarker: async (marker) => byMarker(world.ports, marker),
    },
  };
  return { ...ports, newPort };
}
