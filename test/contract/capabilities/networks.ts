import { randomInt } from "node:crypto";
import { expect } from "vitest";
import { at, type Json, json, type Reply, type Trial, type Try } from "./trial.ts";

/** The façade's networks, row by row. */

const NETWORKS = "/vivnfm/v5/networks";

const idOf = (reply: Reply): string => String(at(json(reply), "networkData", "networkResourceId", "value"));

/** Allocates a network, and cleans up what came of it. */
const network = (
  more: (trial: Trial) => { readonly data?: object; readonly beside?: object },
  effect?: (shown: Json, trial: Trial, reply: Reply) => void | Promise<void>,
): Try => ({
  async attempt(trial) {
    const name = trial.name();
    const { data, beside } = more(trial);
    const reply = await trial.rest("POST", NETWORKS, {
      networkResourceName: name,
      networkResourceType: "NETWORK",
      typeNetworkData: { bandwidth: 0, ...data },
      ...beside,
    });
    if (reply.status === 200) trial.later(() => trial.drop("network", `/networks/${idOf(reply)}`));
    else expect(await trial.leftUnder(name)).toEqual([]);
    return reply;
  },
  ...(effect === undefined
    ? {}
    : {
        effect: async (trial, reply) => {
          const { network: shown } = await trial.native("network", "GET", `/networks/${idOf(reply)}`);
          await effect(shown as Json, trial, reply);
        },
      }),
});

const data = (more: object, effect?: Parameters<typeof network>[1]): Try => network(() => ({ data: more }), effect);
const beside = (more: object): Try => network(() => ({ beside: more }));

/** A VLAN that nobody has; the physical network is the one that both clouds know. */
const vlan = (): Try =>
  network(
    () => ({
      data: { networkType: "UNDERLAY", providerNetwork: "physnet1", segmentationId: randomInt(1000, 4000) },
    }),
    (shown, _trial, reply) => {
      expect([shown["provider:network_type"], shown["provider:physical_network"]]).toEqual(["vlan", "physnet1"]);
      const asked = at(json(reply), "networkData", "segmentationId");
      expect(String(shown["provider:segmentation_id"])).toBe(String(asked));
    },
  );

const home = (trial: Trial): Promise<string> =>
  trial.once("home of subnets", () => trial.made("network", "/networks", "network", { name: trial.name() }));

/** Allocates a subnet in a network that is there. */
const subnet = (more: (net: string) => object, effect: (shown: Json, net: string) => void): Try => {
  const net = `10.${randomInt(1, 100)}.${randomInt(255)}`;
  return {
    async attempt(trial) {
      const networkId = { value: await home(trial) };
      const reply = await trial.rest("POST", NETWORKS, {
        networkResourceName: trial.name(),
        networkResourceType: "SUBNET",
        typeSubnetData: { networkId, cidr: { cidr: `${net}.0/24` }, ...more(net) },
      });
      if (reply.status === 200) trial.later(() => trial.drop("network", `/subnets/${subnetOf(reply)}`));
      return reply;
    },
    effect: async (trial, reply) => {
      const shown = await trial.native("network", "GET", `/subnets/${subnetOf(reply)}`);
      effect(shown.subnet as Json, net);
    },
  };
};

const subnetOf = (reply: Reply): string => String(at(json(reply), "subnetData", "resourceId", "value"));

const typed = (type: string): Try => beside({ networkResourceType: type, typeNetworkData: undefined });

const ALLOCATE: Readonly<Record<string, Try>> = {
  // What all types have in common: an answer that is no refusal of the operation itself.
  "": { attempt: (trial) => trial.rest("GET", `${NETWORKS}?networkResourceType=NETWORK`) },
  "networkResourceType=NETWORK": data({}, (shown) => expect(shown.status).toBe("ACTIVE")),
  "networkResourceType=SUBNET": subnet(
    () => ({}),
    (shown, net) => expect(shown.cidr).toBe(`${net}.0/24`),
  ),
  "networkResourceType=NETWORK_PORT": typed("NETWORK_PORT"),
  "networkResourceType=TRUNK": typed("TRUNK"),
  networkResourceName: data({}, (shown, trial) => expect(String(shown.name)).toContain(trial.prefix)),
  reservationId: { ...beside({ reservationId: { value: "r" } }), refusedAs: "NOT_FOUND" },
  locationConstraintsForNetwork: beside({ locationConstraintsForNetwork: "here" }),
  metaData: beside({ metaData: { fields: { a: "b" } } }),
  resourceGroupId: network(
    ({ cast }) => ({ beside: { resourceGroupId: { value: cast.maker.projectId } } }),
    (shown, { cast }) => expect(shown.project_id).toBe(cast.maker.projectId),
  ),
  "typeNetworkData.bandwidth": data({ bandwidth: 100 }),
  "typeNetworkData.networkType=OVERLAY": data({ networkType: "OVERLAY" }, (_shown, _trial, reply) =>
    expect(String(at(json(reply), "networkData", "networkType"))).toContain("OVERLAY"),
  ),
  "typeNetworkData.networkType=SRIOV": data({ networkType: "NETWORK_TYPE_SRIOV" }),
  "typeNetworkData.providerNetwork": vlan(),
  "typeNetworkData.segmentationId": vlan(),
  "typeNetworkData.isShared": data({ isShared: true }, (shown) => expect(shown.shared).toBe(true)),
  "typeNetworkData.networkQoS": data({ networkQoS: [{ qosName: "latency", qosValue: "1" }] }),
  "typeNetworkData.metadata": data({ metadata: { fields: { a: "b" } } }),
  "typeNetworkData.layer3Attributes": data({ layer3Attributes: [{ cidr: { cidr: "10.0.9.0/24" } }] }, (shown) =>
    expect(shown.subnets).toHaveLength(1),
  ),
  "typeSubnetData.ipVersion": subnet(
    () => ({ ipVersion: "IPV4" }),
    (shown) => expect(shown.ip_version).toBe(4),
  ),
  "typeSubnetData.gatewayIp": subnet(
    (net) => ({ gatewayIp: { ip: `${net}.9` } }),
    (shown, net) => expect(shown.gateway_ip).toBe(`${net}.9`),
  ),
  "typeSubnetData.isDhcpEnabled": subnet(
    () => ({ isDhcpEnabled: false }),
    (shown) => expect(shown.enable_dhcp).toBe(false),
  ),
  "typeSubnetData.addressPool": subnet(
    (net) => ({ addressPool: { startIP: { ip: `${net}.10` }, endIP: { ip: `${net}.20` } } }),
    (shown, net) => expect(shown.allocation_pools).toEqual([{ start: `${net}.10`, end: `${net}.20` }]),
  ),
  "typeSubnetData.metadata": subnet(
    () => ({ metadata: { fields: { a: "b" } } }),
    () => {},
  ),
};

const query = (
  type: string,
  filter: (trial: Trial) => Promise<string>,
  ...path: readonly (string | number)[]
): Try => ({
  attempt: async (trial) =>
    trial.rest("GET", `${NETWORKS}?networkResourceType=${type}&filter=${encodeURIComponent(await filter(trial))}`),
  isPresent: (reply) => at(json(reply), ...path) !== undefined,
  effect: (_trial, reply) => expect(at(json(reply), ...path)).toBeDefined(),
});

const all = async (): Promise<string> => "";
const staged = async (trial: Trial): Promise<string> =>
  `(eq,networkResourceId/value,${(await trial.stage()).networkId})`;
const RESULT = ["queryNetworkResult", 0] as const;

export const NETWORK_TRIES: Readonly<Record<string, Readonly<Record<string, Try>>>> = {
  AllocateVirtualisedNetworkResource: ALLOCATE,
  QueryVirtualisedNetworkResource: {
    "": query("NETWORK", all, ...RESULT),
    queryNetworkFilter: query("NETWORK", staged, ...RESULT),
    "networkResourceType=SUBNET": query("SUBNET", all, "querySubnetResult", 0),
    "networkResourceType=NETWORK_PORT": query("NETWORK_PORT", all),
    "networkResourceType=TRUNK": query("TRUNK", all),
    "answer.queryNetworkResult.metadata.mtu": query("NETWORK", staged, ...RESULT, "metadata", "fields", "mtu"),
    "answer.queryNetworkResult.metadata.tags": query("NETWORK", staged, ...RESULT, "metadata", "fields", "tags"),
    "answer.queryNetworkResult.segmentationId": query("NETWORK", staged, ...RESULT, "segmentationId"),
  },
  TerminateVirtualisedNetworkResource: {
    "": {
      async attempt(trial) {
        const id = await trial.made("network", "/networks", "network", { name: trial.name() });
        return trial.rest("DELETE", `${NETWORKS}/${id}`);
      },
      effect: async (trial, reply) => {
        const id = at(json(reply), "networkResourceId", "value");
        expect((await trial.cast.maker.call("network", "GET", `/networks/${id}`)).status).toBe(404);
      },
    },
  },
};
