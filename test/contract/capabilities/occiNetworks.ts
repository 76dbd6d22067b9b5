import { randomInt } from "node:crypto";
import { expect } from "vitest";
import { attribute, INFRA, idOf, kind, mixin, show } from "./occi.ts";
import type { Json, Reply, Trial, Try } from "./trial.ts";

/** Networks and network interfaces of the OCCI door, row by row. */

async function createNetwork(trial: Trial, ...more: readonly string[]): Promise<Reply> {
  const name = trial.name();
  const lines = [kind("network"), attribute("occi.core.title", name), ...more];
  const reply = await trial.occi("POST", "/network/", lines);
  if (reply.status === 201) trial.later(() => trial.drop("network", `/networks/${idOf(reply, "network")}`));
  else expect(await trial.leftUnder(name)).toEqual([]);
  return reply;
}

const isUp = async (trial: Trial): Promise<unknown> => {
  const { network } = await trial.native("network", "GET", `/networks/${await ownNetwork(trial)}`);
  return (network as Json).admin_state_up;
};
const ownNetwork = (trial: Trial): Promise<string> =>
  trial.once("network of occi", () => trial.made("network", "/networks", "network", { name: trial.name() }));

const power = (term: string, wasUp: boolean): Try => ({
  async attempt(trial) {
    const id = await ownNetwork(trial);
    await trial.native("network", "PUT", `/networks/${id}`, { network: { admin_state_up: wasUp } });
    return trial.occi("POST", `/network/${id}?action=${term}`, [
      `Category: ${term}; scheme="${INFRA}/network/action#"; class="action"`,
    ]);
  },
  effect: async (trial) => expect(await isUp(trial)).toBe(!wasUp),
});

const NETWORK: Readonly<Record<string, Readonly<Record<string, Try>>>> = {
  "GET /network/": { "": show(async () => "/network/") },
  "GET /network/{id}": { "": show(async (trial) => `/network/${await ownNetwork(trial)}`) },
  "POST /network/": {
    "": { attempt: (trial) => createNetwork(trial) },
    "occi.network.address": {
      attempt: (trial) =>
        createNetwork(
          trial,
          mixin("ipnetwork", `${INFRA}/network#`),
          attribute("occi.network.address", `10.99.${randomInt(255)}.0/24`),
        ),
      effect: async (trial, reply) => {
        const { network } = await trial.native("network", "GET", `/networks/${idOf(reply, "network")}`);
        expect((network as Json).subnets).toHaveLength(1);
      },
    },
    "occi.network.label": { attempt: (trial) => createNetwork(trial, attribute("occi.network.label", "x")) },
  },
  "POST /network/{id}": {
    "": {
      attempt: async (trial) =>
        trial.occi("POST", `/network/${await ownNetwork(trial)}`, [
          kind("network"),
          attribute("occi.core.title", trial.prefix),
        ]),
      effect: async (trial) => {
        const { network } = await trial.native("network", "GET", `/networks/${await ownNetwork(trial)}`);
        expect((network as Json).name).toBe(trial.prefix);
      },
    },
  },
  "DELETE /network/{id}": {
    "": {
      attempt: async (trial) => {
        const id = await trial.made("network", "/networks", "network", { name: trial.name() });
        return trial.occi("DELETE", `/network/${id}`);
      },
    },
  },
  "POST /network/{id}?action=down": { "": power("down", true) },
  "POST /network/{id}?action=up": { "": power("up", false) },
};

/** Plugs a card into the server that is there, and out again at the end. */
const plug = (lines: (net: string) => readonly string[], effect?: (port: Json, net: string) => void): Try => ({
  async attempt(trial) {
    const { serverId, networkId, subnetId } = await trial.stage();
    await trial.bring(serverId, "ACTIVE");
    const { subnet } = await trial.native("network", "GET", `/subnets/${subnetId}`);
    const net = String((subnet as Json).cidr).replace(/\.0\/24$/, "");
    const reply = await trial.occi("POST", "/networkinterface/", [
      kind("networkinterface"),
      attribute("occi.core.source", `/compute/${serverId}`),
      attribute("occi.core.target", `/network/${networkId}`),
      ...lines(net),
    ]);
    if (reply.status === 201) {
      const path = `/networkinterface/${idOf(reply, "networkinterface")}`;
      trial.later(async () => {
        await trial.occi("DELETE", path, undefined, trial.cast.maker);
      });
    }
    return reply;
  },
  effect: async (trial, reply) => {
    const { port } = await trial.native("network", "GET", `/ports/${idOf(reply, "networkinterface")}`);
    effect?.(port as Json, "");
  },
});

const MAC = `fa:16:3e:bb:00:${randomInt(16, 255).toString(16)}`;

/** The first card of the server that is there. */
async function firstCard(trial: Trial): Promise<string> {
  const { serverId } = await trial.stage();
  const { ports } = await trial.native("network", "GET", `/ports?device_id=${serverId}`);
  return String((ports as Json[])[0]?.id);
}

const NETWORK_INTERFACE: Readonly<Record<string, Readonly<Record<string, Try>>>> = {
  "GET /networkinterface/": { "": show(async () => "/networkinterface/") },
  "GET /networkinterface/{id}": { "": show(async (trial) => `/networkinterface/${await firstCard(trial)}`) },
  "POST /networkinterface/": {
    "": plug(() => []),
    "occi.networkinterface.mac": plug(
      () => [attribute("occi.networkinterface.mac", MAC)],
      (port) => expect(port.mac_address).toBe(MAC),
    ),
    "occi.networkinterface.address": plug(
      (net) => [
        mixin("ipnetworkinterface", `${INFRA}/networkinterface#`),
        attribute("occi.networkinterface.address", `${net}.99`),
        attribute("occi.networkinterface.allocation", "static"),
      ],
      (port) => expect((port.fixed_ips as Json[])[0]?.ip_address).toMatch(/\.99$/),
    ),
    "occi.networkinterface.interface": plug(() => [attribute("occi.networkinterface.interface", "eth9")]),
  },
  "DELETE /networkinterface/{id}": {
    "": {
      async attempt(trial) {
        const { serverId, networkId } = await trial.stage();
        await trial.bring(serverId, "ACTIVE");
        const body = { interfaceAttachment: { net_id: networkId } };
        const made = await trial.native("compute", "POST", `/servers/${serverId}/os-interface`, body);
        return trial.occi("DELETE", `/networkinterface/${(made.interfaceAttachment as Json).port_id}`);
      },
    },
  },
};

export const OCCI_NETWORK_TRIES = { ...NETWORK, ...NETWORK_INTERFACE };
