import { CloudError, type FloatingIp, newMarker } from "../../cloud/index.ts";
import { parseAddress } from "../address.ts";
import { invalid } from "../check.ts";
import { categoryOf, type Definition, type Store } from "../definition.ts";
import type { Action, Context, Row } from "../table.ts";
import { RESOURCE, TITLE } from "./core.ts";
import { isMadeAsLink } from "./floating.ts";
import { NETWORK } from "./network.ts";
import { onlyPool, poolsOf } from "./pools.ts";

/**
 * A floating address that is kept for the tenant (an extension of rOCCI-core). It leads to a compute by a networkinterface
 * whose target it is. One that was made as such a link itself is no reservation: it goes with the link.
 */

interface Draft {
  readonly title: string;
  readonly address: string;
  /** A network that gives out addresses. */
  readonly pool: string;
}

function stateOf({ status, portId }: FloatingIp): "active" | "inactive" | "error" {
  if (status === "error") return "error";
  return status === "active" && portId !== undefined ? "active" : "inactive";
}

const STATES = ["active", "inactive", "error"] as const;

const ROWS: readonly Row<FloatingIp, Draft, never>[] = [
  // The cloud gives an address no name, but a description.
  { ...TITLE, type: "string", read: ({ description }) => description || undefined, write: (title) => ({ title }) },
  {
    name: "occi.network.state",
    type: "string",
    immutable: true,
    description: "State of the network",
    values: STATES,
    read: stateOf,
  },
  {
    name: "occi.ipreservation.address",
    type: "string",
    description: "Reserved address",
    read: ({ ipAddress }) => ipAddress,
    write: (address) => ({ address }),
    later: "IMMUTABLE",
  },
  {
    name: "occi.ipreservation.used",
    type: "boolean",
    immutable: true,
    description: "In use",
    read: ({ portId }) => portId !== undefined,
  },
  {
    name: "occi.ipreservation.state",
    type: "string",
    immutable: true,
    description: "State of the reservation",
    values: STATES,
    read: stateOf,
  },
  {
    name: "occi.ipreservation.state.message",
    type: "string",
    immutable: true,
    description: "Explanation of the state in words",
    read: ({ status, portId }) => (portId === undefined ? `${status}, leads nowhere` : `${status}, leads to ${portId}`),
  },
];

const ACTIONS: readonly Action<FloatingIp>[] = [
  // It is up as long as it leads somewhere, and what it is to lead to only a link can say.
  { term: "up", title: "Activate the reservation", attributes: [], isPossible: (ip) => stateOf(ip) === "active" },
  {
    term: "down",
    title: "Deactivate the reservation",
    attributes: [],
    isPossible: ({ portId }) => portId !== undefined,
    needs: ["floatingIp.create"],
  },
];

async function orderOf({ call }: Context, { title, address, pool }: Partial<Draft>) {
  if (address !== undefined && parseAddress(address) === undefined) {
    throw invalid("occi.ipreservation.address", `"${address}" is no address`);
  }
  const networkId = pool ?? (await onlyPool(call.cloud, "category"));
  const wish = {
    ...(title === undefined ? {} : { description: title }),
    ...(address === undefined ? {} : { ipAddress: address }),
  };
  return { networkId, ...wish };
}

const store: Store<FloatingIp, Draft, never> = {
  async *list({ call }) {
    for await (const address of call.cloud.floatingIps.list()) if (!isMadeAsLink(address)) yield address;
  },
  async get({ call }, id) {
    const address = await call.cloud.floatingIps.get(id);
    if (isMadeAsLink(address)) throw new CloudError("NOT_FOUND", `there is no reservation ${id}`);
    return address;
  },
  async rehearse(context, draft) {
    await orderOf(context, draft);
    return [];
  },
  async create(context, draft) {
    const { call, flow } = context;
    return call.cloud.floatingIps.create({ ...(await orderOf(context, draft)), marker: newMarker(flow) });
  },
  update: () => {
    throw new CloudError("INTERNAL", "no row of a reservation can be changed");
  },
  remove: ({ call }, { id }) => call.cloud.floatingIps.delete(id),
  async act({ call }, { id }, term) {
    if (term === "down") await call.cloud.floatingIps.associate(id, undefined);
    return undefined;
  },
};

const NETWORK_KIND = categoryOf(NETWORK);

export const IP_RESERVATION: Definition<FloatingIp, Draft, never> = {
  term: "ipreservation",
  title: "IP reservation",
  parent: { ...NETWORK_KIND, attributes: [...RESOURCE.attributes, ...NETWORK_KIND.attributes] },
  location: "/ipreservation/",
  needs: ["floatingIp.read"],
  rows: ROWS,
  actions: ACTIONS,
  mixins: [],
  templates: [poolsOf<FloatingIp>(({ networkId }) => networkId)],
  idOf: ({ id }) => id,
  linksOf: () => [],
  store,
};
