import type { AllocateComputeResponse, OperateComputeResponse } from "../../generated/ts/kubevim/compute.ts";
import type { Life, Site } from "./crashSite.ts";

/** The writes of several steps, with what a whole one adds to a tenant's things and takes from them. */
export interface Deed {
  readonly name: string;
  readonly prepare: (site: Site, life: Life) => Promise<Input>;
  readonly run: (life: Life, input: Input, key: string | undefined) => Promise<unknown>;
  readonly whole: Readonly<Record<string, string>>;
  /** The cloud refuses its last step: it is the taking back that is cut short. */
  readonly isRefused?: boolean;
}

export type Input = Readonly<Record<string, string>>;

const PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample";
const I = "http://schemas.ogf.org/occi/infrastructure";
const kind = (term: string): string => `Category: ${term}; scheme="${I}#"; class="kind"`;
const attribute = (name: string, value: string): string => `X-OCCI-Attribute: ${name}=${value}`;
const link = (path: string, to: string, by: string): string =>
  `Link: <${path}>; rel="${I}#${to}"; category="${I}#${by}"`;

async function world({ native }: Site): Promise<Input> {
  return {
    networkId: await native.find("network", "/networks", "networks", "demo-net"),
    publicId: await native.find("network", "/networks", "networks", "public"),
    flavourId: await native.find("compute", "/flavors", "flavors", "m1.tiny"),
    imageId: await native.find("image", "/images", "images", "cirros"),
  };
}

const compute = ({ networkId = "", flavourId = "", imageId = "" }: Input): object => {
  const card = { typeConfiguration: [], accelerationCapability: [], typeVirtualNic: "TYPE_VIRTUAL_NIC_BRIDGE" };
  const nic = { ...card, networkId: { value: networkId } };
  return {
    computeName: "half",
    computeFlavourId: { value: flavourId },
    vcImageId: { value: imageId },
    affinityOrAntiAffinityConstraints: [],
    // The first card needs a port of its own, the second is left to the compute service.
    interfaceData: [nic, nic],
    interfaceIpam: [{ networkId: { value: networkId }, macAddress: { mac: "fa:16:3e:00:00:01" } }],
  };
};

const network = (...ranges: readonly string[]): object => ({
  networkResourceName: "half",
  networkResourceType: "NETWORK",
  affinityOrAntiAffinityConstraints: [],
  typeNetworkData: { bandwidth: 0, networkQos: [], layer3Attributes: ranges.map((cidr) => ({ cidr: { cidr } })) },
});

async function withServer(site: Site, life: Life): Promise<Input> {
  const input = await world(site);
  const { computeData } = (await life.etsi(
    "allocateVirtualisedComputeResource",
    compute(input),
  )) as AllocateComputeResponse;
  return { ...input, serverId: computeData?.computeId?.value ?? "" };
}

async function withVolume(site: Site, life: Life): Promise<Input> {
  const input = await withServer(site, life);
  const made = await life.occi("POST", "/storage/", [kind("storage"), attribute("occi.storage.size", "1.0")]);
  return { ...input, volume: /\/storage\/\S+/.exec(made)?.[0] ?? "" };
}

const operate = (serverId: string, computeOperation: string, computeOperationInputData: object): object => {
  return { computeId: { value: serverId }, computeOperation, computeOperationInputData };
};

const occiCompute = (networkId: string, imageId: string, flavourId: string): string[] => [
  kind("compute"),
  `Category: ${imageId}; scheme="http://schemas.openstack.org/template/os#"; class="mixin"`,
  `Category: ${flavourId}; scheme="http://schemas.openstack.org/template/resource#"; class="mixin"`,
  attribute("occi.core.title", '"linked"'),
  link(`/network/${networkId}`, "network", "networkinterface"),
];

export const DEEDS: readonly Deed[] = [
  {
    name: "allocating a compute with a port",
    prepare: world,
    run: (life, input, key) => life.etsi("allocateVirtualisedComputeResource", compute(input), key),
    whole: { servers: "+1 -0", ports: "+2 -0" },
  },
  {
    name: "allocating a network with two subnets",
    prepare: world,
    run: (life, _, key) => life.etsi("allocateVirtualisedNetworkResource", network("10.9.0.0/24", "10.9.1.0/24"), key),
    whole: { networks: "+1 -0", subnets: "+2 -0" },
  },
  {
    name: "terminating a compute with its port",
    prepare: withServer,
    run: (life, { serverId }, key) =>
      life.etsi("terminateVirtualisedComputeResource", { computeId: { value: serverId } }, key),
    whole: { servers: "+0 -1", ports: "+0 -2" },
  },
  {
    name: "making a snapshot",
    prepare: withServer,
    run: (life, { serverId = "" }, key) =>
      life.etsi("operateVirtualisedComputeResource", operate(serverId, "CREATE_SNAPSHOT", { name: "shot" }), key),
    whole: { images: "+1 -0" },
  },
  {
    name: "deleting a snapshot",
    async prepare(site, life) {
      const input = await withServer(site, life);
      const made = (await life.etsi(
        "operateVirtualisedComputeResource",
        operate(input.serverId ?? "", "CREATE_SNAPSHOT", {}),
      )) as OperateComputeResponse;
      return { ...input, snapshotId: made.computeOperationOutputData.snapshotId ?? "" };
    },
    run: (life, { serverId = "", snapshotId }, key) =>
      life.etsi("operateVirtualisedComputeResource", operate(serverId, "DELETE_SNAPSHOT", { snapshotId }), key),
    whole: { images: "+0 -1" },
  },
  {
    name: "holding a flavour",
    prepare: world,
    run: (life, _, key) =>
      life.etsi(
        "createComputeFlavour",
        {
          flavour: {
            isPublic: false,
            virtualMemory: { virtualMemSize: { string: "512Mi" } },
            virtualCpu: { numVirtualCpu: 1 },
            storageAttributes: [{ typeOfStorage: "ephemeral", sizeOfStorage: { string: "1Gi" }, isBoot: true }],
            virtualNetworkInterface: [],
          },
        },
        key,
      ),
    whole: { held: "+1 -0" },
  },
  {
    name: "making a group of affinity",
    prepare: world,
    run: (life, _, key) =>
      life.etsi(
        "createComputeResourceAffinityOrAntiAffinityConstraintsGroup",
        { groupName: "half", type: "ANTI_AFFINITY", scope: "NFVI_NODE" },
        key,
      ),
    whole: { server_groups: "+1 -0" },
  },
  {
    name: "OCCI: creating a compute with a key, a volume and a floating address",
    prepare: withVolume,
    run: (life, { networkId = "", imageId = "", flavourId = "", volume = "", publicId }, key) =>
      life.occi(
        "POST",
        "/compute/",
        [
          ...occiCompute(networkId, imageId, flavourId),
          `Category: ssh_key; scheme="${I}/credentials#"; class="mixin"`,
          attribute("occi.credentials.ssh.publickey", `"${PUBLIC_KEY}"`),
          link(`/network/${publicId}`, "network", "networkinterface"),
          link(volume, "storage", "storagelink"),
        ],
        key,
      ),
    whole: { servers: "+1 -0", ports: "+1 -0", floatingips: "+1 -0", volumes: "+1 -1" },
  },
  {
    name: "OCCI: deleting a compute with a floating address",
    async prepare(site, life) {
      const input = await world(site);
      const { networkId = "", imageId = "", flavourId = "", publicId } = input;
      const inline = link(`/network/${publicId}`, "network", "networkinterface");
      const made = await life.occi("POST", "/compute/", [...occiCompute(networkId, imageId, flavourId), inline]);
      return { ...input, compute: /\/compute\/\S+/.exec(made)?.[0] ?? "" };
    },
    run: (life, { compute: path = "" }, key) => life.occi("DELETE", path, [], key),
    whole: { servers: "+0 -1", ports: "+0 -1", floatingips: "+0 -1" },
  },
  {
    name: "OCCI: creating a batch of networks",
    prepare: world,
    run: (life, _, key) =>
      life.occi(
        "POST",
        "/network/",
        [
          JSON.stringify({
            resources: ["one", "two"].map((title) => ({
              kind: `${I}#network`,
              title,
            })),
          }),
        ],
        key,
      ),
    whole: { networks: "+2 -0" },
  },
  {
    name: "OCCI: linking a volume",
    prepare: withVolume,
    run: (life, { serverId = "", volume = "" }, key) =>
      life.occi(
        "POST",
        "/storagelink/",
        [
          kind("storagelink"),
          attribute("occi.core.source", `"/compute/${serverId}"`),
          attribute("occi.core.target", `"${volume}"`),
        ],
        key,
      ),
    whole: { volumes: "+1 -1" },
  },
  {
    name: "OCCI: linking a network",
    prepare: withServer,
    run: (life, { serverId = "", networkId = "" }, key) =>
      life.occi(
        "POST",
        "/networkinterface/",
        [
          kind("networkinterface"),
          attribute("occi.core.source", `"/compute/${serverId}"`),
          attribute("occi.core.target", `"/network/${networkId}"`),
          attribute("occi.networkinterface.mac", '"fa:16:3e:00:00:09"'),
        ],
        key,
      ),
    whole: { ports: "+1 -0" },
  },
  {
    name: "OCCI: unlinking a network",
    async prepare(site, life) {
      const input = await withServer(site, life);
      const made = await life.occi("POST", "/networkinterface/", [
        kind("networkinterface"),
        attribute("occi.core.source", `"/compute/${input.serverId}"`),
        attribute("occi.core.target", `"/network/${input.networkId}"`),
        attribute("occi.networkinterface.mac", '"fa:16:3e:00:00:09"'),
      ]);
      return { ...input, card: /\/networkinterface\/\S+/.exec(made)?.[0] ?? "" };
    },
    run: (life, { card = "" }, key) => life.occi("DELETE", card, [], key),
    whole: { ports: "+0 -1" },
  },
  {
    name: "OCCI: renaming a storage and letting it grow",
    prepare: withVolume,
    run: (life, { volume = "" }, key) =>
      life.occi(
        "POST",
        volume,
        [kind("storage"), attribute("occi.core.title", '"grown"'), attribute("occi.storage.size", "2.0")],
        key,
      ),
    whole: { volumes: "+1 -1" },
  },
  {
    name: "OCCI: renaming a network and giving it a range",
    async prepare(site, life) {
      const made = await life.occi("POST", "/network/", [kind("network"), attribute("occi.core.title", '"bare"')]);
      return { ...(await world(site)), network: /\/network\/\S+/.exec(made)?.[0] ?? "" };
    },
    run: (life, { network = "" }, key) =>
      life.occi(
        "POST",
        network,
        [
          kind("network"),
          `Category: ipnetwork; scheme="${I}/network#"; class="mixin"`,
          attribute("occi.core.title", '"ranged"'),
          attribute("occi.network.address", '"10.9.0.0/24"'),
        ],
        key,
      ),
    whole: { networks: "+1 -1", subnets: "+1 -0" },
  },
  {
    name: "allocating a network whose second subnet is refused",
    prepare: world,
    run: (life, _, key) => life.etsi("allocateVirtualisedNetworkResource", network("10.9.0.0/24", "10.9.0.0/25"), key),
    whole: {},
    isRefused: true,
  },
];
