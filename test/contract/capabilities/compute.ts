import { expect } from "vitest";
import { at, type Json, json, type Reply, type Trial, type Try } from "./trial.ts";

/** The façade's computes, row by row. */

const COMPUTE = "/vivnfm/v5/compute";
const MAC = ["fa:16:3e:aa:00:01", "fa:16:3e:aa:00:02"] as const;

const base = ({ cast }: Trial, more: object): object => ({
  computeFlavourId: { value: cast.flavourId },
  vcImageId: { value: cast.imageId },
  ...more,
});

/** Allocates, and cleans up what came of it. */
async function allocate(trial: Trial, more: object): Promise<Reply> {
  const computeName = trial.name();
  const reply = await trial.rest("POST", COMPUTE, base(trial, { computeName, ...more }));
  if (reply.status === 200) {
    trial.later(() => trial.removeServer(idOf(reply)));
    // The answer does not wait for ever, and a busy cloud may take longer.
    await trial.until(idOf(reply), "ACTIVE");
  } else expect(await trial.leftUnder(computeName)).toEqual([]);
  return reply;
}

const idOf = (reply: Reply): string => String(at(json(reply), "computeData", "computeId", "value"));

interface Rich {
  readonly reply: Reply;
  readonly name: string;
  readonly address: string;
  readonly portId: string;
}

/** One machine with all inputs that go together: each of their rows looks at its own. */
function rich(trial: Trial): Promise<Rich> {
  return trial.once("rich", async () => {
    const { networkId, subnetId } = await trial.stage();
    const { subnet } = await trial.native("network", "GET", `/subnets/${subnetId}`);
    const address = String((subnet as Json).cidr).replace(/0\/24$/, "77");
    const portId = await trial.made("network", "/ports", "port", { network_id: networkId });
    const name = trial.name();
    const nic = { typeVirtualNic: "TYPE_VIRTUAL_NIC_BRIDGE" };
    const reply = await allocate(trial, {
      computeName: name,
      interfaceData: [
        { ...nic, networkId: { value: networkId } },
        { ...nic, subnetId: { value: subnetId } },
        { ...nic, networkPortId: { value: portId } },
      ],
      interfaceIPAM: [
        { networkId: { value: networkId }, ipAddress: { ip: address }, macAddress: { mac: MAC[0] } },
        { subnetId: { value: subnetId }, macAddress: { mac: MAC[1] } },
      ],
      metaData: { fields: { colour: "blue" } },
      resourceGroupId: { value: trial.cast.maker.projectId },
      userData: { content: "#!/bin/sh\n", method: "CONFIG_DRIVE_PLAINTEXT" },
    });
    return { reply, name, address, portId };
  });
}

async function portsOf(trial: Trial, reply: Reply): Promise<readonly Json[]> {
  return (await trial.native("network", "GET", `/ports?device_id=${idOf(reply)}`)).ports as Json[];
}

/** A row of the rich machine. */
const part = (effect: (made: Rich, server: Json, ports: readonly Json[]) => void): Try => ({
  attempt: async (trial) => (await rich(trial)).reply,
  effect: async (trial, reply) => effect(await rich(trial), await trial.show(idOf(reply)), await portsOf(trial, reply)),
});

const portWith = (ports: readonly Json[], member: string, value: unknown): Json | undefined =>
  ports.find((port) => port[member] === value);

const with_ = (more: (trial: Trial) => object | Promise<object>, effect?: Try["effect"]): Try => ({
  attempt: async (trial) => allocate(trial, await more(trial)),
  ...(effect === undefined ? {} : { effect }),
});

/** A card with one more member. */
const card = (more: object, effect?: Try["effect"]): Try =>
  with_(async (trial) => {
    const { networkId } = await trial.stage();
    const nic = { networkId: { value: networkId }, typeVirtualNic: "TYPE_VIRTUAL_NIC_BRIDGE", ...more };
    return { interfaceData: [nic] };
  }, effect);

const vnic = (type: string, native: string): Try =>
  card({ typeVirtualNic: type }, async (trial, reply) => {
    expect((await portsOf(trial, reply)).map((port) => port["binding:vnic_type"])).toEqual([native]);
  });

const drive = (method: string, content: string, expected: string): Try =>
  with_(
    () => ({ userData: { method, content } }),
    async (trial, reply) => {
      expect(String((await trial.show(idOf(reply))).config_drive)).toBe(expected);
    },
  );

const MULTIPART = 'Content-Type: multipart/mixed; boundary="x"\r\nMIME-Version: 1.0\r\n\r\n--x--\r\n';
const constraint = (more: object) => ({ affinityOrAntiAffinityConstraints: [{ type: "ANTI_AFFINITY", ...more }] });

const ALLOCATE: Readonly<Record<string, Try>> = {
  "": part((_made, server) => expect(server.status).toBe("ACTIVE")),
  computeName: part(({ name }, server) => expect(server.name).toBe(name)),
  reservationId: { ...with_(() => ({ reservationId: { value: "r" } })), refusedAs: "NOT_FOUND" },
  "affinityOrAntiAffinityConstraints.affinityOrAntiAffinityResourceGroupId": with_(async (trial) => {
    const group = { name: trial.name(), policies: ["anti-affinity"] };
    const value = await trial.made("compute", "/os-server-groups", "server_group", group);
    return constraint({ affinityOrAntiAffinityResourceGroupId: { value } });
  }),
  "affinityOrAntiAffinityConstraints.affinityOrAntiAffinityResourceList": with_(async (trial) => {
    const { serverId } = await trial.stage();
    return constraint({ affinityOrAntiAffinityResourceList: { resourceId: [{ value: serverId }] } });
  }),
  "affinityOrAntiAffinityConstraints.scope=NFVI_POP": with_(async (trial) => {
    const { serverId } = await trial.stage();
    const affinityOrAntiAffinityResourceList = { resourceId: [{ value: serverId }] };
    return constraint({ scope: "NFVI_POP", affinityOrAntiAffinityResourceList });
  }),
  "interfaceData.networkId": part((_made, _server, ports) => expect(ports.length).toBe(3)),
  "interfaceData.subnetId": part((_made, _server, ports) =>
    expect(portWith(ports, "mac_address", MAC[1])).toBeDefined(),
  ),
  "interfaceData.networkPortId": part(({ portId }, _server, ports) =>
    expect(portWith(ports, "id", portId)).toBeDefined(),
  ),
  "interfaceData.typeVirtualNic=BRIDGE": part((_made, _server, ports) =>
    expect(ports.map((port) => port["binding:vnic_type"])).toEqual(["normal", "normal", "normal"]),
  ),
  "interfaceData.typeVirtualNic=SRIOV": vnic("TYPE_VIRTUAL_NIC_SRIOV", "direct"),
  "interfaceData.typeVirtualNic=PATHTHROUGH": vnic("TYPE_VIRTUAL_NIC_PATHTHROUGH", "direct-physical"),
  "interfaceData.typeConfiguration": card({ typeConfiguration: ["fast"] }),
  "interfaceData.bandwidth": card({ bandwidth: 100 }),
  "interfaceData.accelerationCapability": card({ accelerationCapability: ["dpdk"] }),
  "interfaceData.metadata": card({ metadata: { fields: { a: "b" } } }),
  "interfaceIPAM.ipAddress": part(({ address }, _server, ports) =>
    expect(at(portWith(ports, "mac_address", MAC[0]), "fixed_ips", 0, "ip_address")).toBe(address),
  ),
  "interfaceIPAM.macAddress": part((_made, _server, ports) => {
    for (const mac of MAC) expect(portWith(ports, "mac_address", mac)).toBeDefined();
  }),
  "interfaceIPAM.subnetId": {
    ...part(() => {}),
    effect: async (trial, reply) => {
      const { subnetId } = await trial.stage();
      const port = portWith(await portsOf(trial, reply), "mac_address", MAC[1]);
      expect(at(port, "fixed_ips", 0, "subnet_id")).toBe(subnetId);
    },
  },
  vcImageId: {
    ...part(() => {}),
    effect: async (trial, reply) => expect(at(await trial.show(idOf(reply)), "image", "id")).toBe(trial.cast.imageId),
  },
  metaData: part((_made, server) => expect(server.metadata).toMatchObject({ colour: "blue" })),
  resourceGroupId: {
    ...part(() => {}),
    effect: async (trial, reply) => {
      expect((await trial.show(idOf(reply))).tenant_id).toBe(trial.cast.maker.projectId);
    },
  },
  "userData.content": part((_made, server) => expect(String(server.config_drive)).toBe("True")),
  "userData.method=CONFIG_DRIVE_PLAINTEXT": part((_made, server) => expect(String(server.config_drive)).toBe("True")),
  "userData.method=CONFIG_DRIVE_MIME_MULTIPART": drive("CONFIG_DRIVE_MIME_MULTIPART", MULTIPART, "True"),
  "userData.method=METADATA_SERVICE": drive("METADATA_SERVICE", "#!/bin/sh\n", ""),
  "userData.certificateData": with_(() => ({ userData: { content: "x", certificateData: [{ privateKey: ["x"] }] } })),
  "userData.method=NO_CLOUD": drive("NO_CLOUD", "#!/bin/sh\n", ""),
};

/** An operation on the stage's server, from one state into another. */
const operation = (word: string, from: string, to: string, input: Readonly<Record<string, string>> = {}): Try => ({
  async attempt(trial) {
    const { serverId } = await trial.stage();
    await trial.bring(serverId, from);
    return trial.rest("POST", `${COMPUTE}/${serverId}/${word}`, { computeOperationInputData: input });
  },
  effect: async (trial) => {
    const { serverId } = await trial.stage();
    expect((await trial.show(serverId)).status).toBe(to);
  },
});

/** A snapshot by the maker, who may. */
async function snapshot(trial: Trial): Promise<string> {
  const { serverId } = await trial.stage();
  await trial.bring(serverId, "ACTIVE");
  const input = { computeOperationInputData: { name: trial.name() } };
  const path = `${COMPUTE}/${serverId}/CREATE_SNAPSHOT`;
  const reply = await trial.rest("POST", path, input, trial.cast.maker);
  return keepSnapshot(trial, reply);
}

function keepSnapshot(trial: Trial, reply: Reply): string {
  const id = String(at(json(reply), "computeOperationOutputData", "snapshotId"));
  trial.later(() => trial.drop("image", `/images/${id}`));
  return id;
}

const OPERATE: Readonly<Record<string, Try>> = {
  "": operation("REBOOT", "ACTIVE", "ACTIVE"),
  "computeOperation=STOP": operation("STOP", "ACTIVE", "SHUTOFF"),
  "computeOperation=START": operation("START", "SHUTOFF", "ACTIVE"),
  "computeOperation=PAUSE": operation("PAUSE", "ACTIVE", "PAUSED"),
  "computeOperation=UNPAUSE": operation("UNPAUSE", "PAUSED", "ACTIVE"),
  "computeOperation=SUSPEND": operation("SUSPEND", "ACTIVE", "SUSPENDED"),
  "computeOperation=RESUME": operation("RESUME", "SUSPENDED", "ACTIVE"),
  "computeOperation=REBOOT": operation("REBOOT", "ACTIVE", "ACTIVE"),
  "computeOperationInputData.type=HARD": operation("REBOOT", "ACTIVE", "ACTIVE", { type: "HARD" }),
  "computeOperation=CREATE_SNAPSHOT": {
    async attempt(trial) {
      const { serverId } = await trial.stage();
      await trial.bring(serverId, "ACTIVE");
      const input = { computeOperationInputData: { name: trial.name() } };
      return trial.rest("POST", `${COMPUTE}/${serverId}/CREATE_SNAPSHOT`, input);
    },
    effect: async (trial, reply) => {
      const { status } = await trial.native("image", "GET", `/images/${keepSnapshot(trial, reply)}`);
      expect(status).toBe("active");
    },
  },
  "computeOperation=DELETE_SNAPSHOT": {
    async attempt(trial) {
      const { serverId } = await trial.stage();
      const snapshotId = await trial.once("snapshot", () => snapshot(trial));
      const input = { computeOperationInputData: { snapshotId } };
      return trial.rest("POST", `${COMPUTE}/${serverId}/DELETE_SNAPSHOT`, input);
    },
    effect: async (trial) => {
      const id = await trial.once("snapshot", () => snapshot(trial));
      expect((await trial.cast.maker.call("image", "GET", `/images/${id}`)).status).toBe(404);
    },
  },
};

const group = (more: object, policy: string): Try => ({
  attempt: (trial) => trial.rest("POST", `${COMPUTE}/affinity`, { groupName: trial.name(), ...more }),
  effect: async (trial, reply) => {
    const path = `/os-server-groups/${at(json(reply), "groupId", "value")}`;
    const shown = await trial.native("compute", "GET", path);
    expect(at(shown, "server_group", "policies")).toEqual([policy]);
    await trial.drop("compute", path);
  },
});

export const COMPUTE_TRIES: Readonly<Record<string, Readonly<Record<string, Try>>>> = {
  AllocateVirtualisedComputeResource: ALLOCATE,
  OperateVirtualisedComputeResource: OPERATE,
  QueryVirtualisedComputeResource: {
    "": { attempt: (trial) => trial.rest("GET", COMPUTE) },
    queryComputeFilter: {
      attempt: async (trial) =>
        trial.rest("GET", `${COMPUTE}?filter=(eq,computeId/value,${(await trial.stage()).serverId})`),
      effect: async (trial, reply) => {
        const { serverId } = await trial.stage();
        expect(at(json(reply), "queryResult", 0, "computeId", "value")).toBe(serverId);
      },
    },
  },
  TerminateVirtualisedComputeResource: {
    "": {
      async attempt(trial) {
        const id = await trial.once("doomed", () => trial.server());
        return trial.rest("DELETE", `${COMPUTE}/${id}`);
      },
      effect: async (trial) => {
        const id = await trial.once("doomed", () => trial.server());
        expect((await trial.cast.maker.call("compute", "GET", `/servers/${id}`)).status).toBe(404);
      },
    },
  },
  CreateComputeResourceAffinityOrAntiAffinityConstraintsGroup: {
    "": group({ type: "AFFINITY" }, "affinity"),
    "type=ANTI_AFFINITY": group({ type: "ANTI_AFFINITY" }, "anti-affinity"),
  },
};
