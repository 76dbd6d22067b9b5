import type { FloatingIp, ServerInterface, Subnet } from "../../cloud/index.ts";
import { INFRASTRUCTURE } from "../category.ts";
import type { End } from "../entity.ts";
import type { Mixin, Row } from "../table.ts";
import { SOURCE, TARGET, TITLE } from "./core.ts";
import { COMPUTES, NETWORKS, RESERVATIONS } from "./ends.ts";
import { isMadeAsLink } from "./floating.ts";

/** A network interface links a server to a network: it is the port, or a floating address (GFD.224 §3.4.1). */
export interface InterfaceModel {
  /** The port's, or the floating address's (house, "Ids"). */
  readonly id: string;
  readonly serverId: string;
  readonly networkId: string;
  readonly name: string;
  /** Of a port only. */
  readonly macAddress: string | undefined;
  readonly address: string | undefined;
  readonly status: ServerInterface["status"];
  /** Of the port's first address, where it was looked up. */
  readonly subnet: Subnet | undefined;
  /** Present when it is no port. */
  readonly floating: FloatingIp | undefined;
}

export interface InterfaceDraft {
  readonly title: string;
  readonly source: string;
  readonly target: string;
  readonly mac: string;
  readonly address: string;
  readonly gateway: string;
  readonly allocation: string;
  readonly device: string;
  /** A network that gives out addresses. */
  readonly pool: string;
}

/** A network, or the reservation that leads to the compute. */
export function targetOf({ networkId, floating }: InterfaceModel): End {
  if (floating === undefined || isMadeAsLink(floating))
    return { path: NETWORKS + networkId, kind: `${INFRASTRUCTURE}network` };
  return { path: RESERVATIONS + floating.id, kind: `${INFRASTRUCTURE}ipreservation` };
}

type InterfaceRow = Row<InterfaceModel, InterfaceDraft, never>;

export const INTERFACE_ROWS: readonly InterfaceRow[] = [
  // A port has a name, but nothing here can set it.
  { ...TITLE, type: "string", read: ({ name }) => name || undefined },
  { ...SOURCE, type: "string", read: ({ serverId }) => COMPUTES + serverId, write: (source) => ({ source }) },
  { ...TARGET, type: "string", read: (model) => targetOf(model).path, write: (target) => ({ target }) },
  {
    // The guest names its own end, whatever a client gives at creation as GFD.223 §11.3.1 does; the host names the other end by
    // the port (neutron stable/zed: neutron_lib/constants.py TAP_DEVICE_PREFIX). grycap/im lists no address without a name.
    name: "occi.networkinterface.interface",
    type: "string",
    immutable: true,
    description: "Device name in the compute",
    read: ({ id, floating }) => `tap${(floating?.portId ?? id).slice(0, 11)}`,
    write: (device) => ({ device }),
  },
  {
    name: "occi.networkinterface.mac",
    type: "string",
    description: "MAC address",
    pattern: "^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$",
    read: ({ macAddress }) => macAddress,
    write: (mac) => ({ mac: mac.toLowerCase() }),
  },
  {
    name: "occi.networkinterface.state",
    type: "string",
    immutable: true,
    description: "State of the interface",
    values: ["active", "inactive", "error"],
    read: ({ status }) => (status === "active" || status === "error" ? status : "inactive"),
    outcome: "active",
  },
  {
    name: "occi.networkinterface.state.message",
    type: "string",
    immutable: true,
    description: "Explanation of the state in words",
    read: ({ status }) => status,
  },
];

export const IP_INTERFACE: Mixin<InterfaceModel, InterfaceDraft, never> = {
  scheme: "http://schemas.ogf.org/occi/infrastructure/networkinterface#",
  term: "ipnetworkinterface",
  title: "IP network interface",
  location: "/mixin/ipnetworkinterface/",
  later: "UNSUPPORTED",
  isAssigned: ({ address }) => address !== undefined,
  rows: [
    {
      name: "occi.networkinterface.address",
      type: "string",
      description: "Address",
      read: ({ address }) => address,
      write: (address) => ({ address }),
    },
    {
      // The subnet's; a port cannot have another one, so that a client may only say what is so.
      name: "occi.networkinterface.gateway",
      type: "string",
      description: "Gateway address",
      read: ({ subnet }) => subnet?.gatewayIp,
      write: (gateway) => ({ gateway }),
    },
    {
      name: "occi.networkinterface.allocation",
      type: "string",
      description: "How the address is obtained",
      values: ["dynamic", "static"],
      read: ({ subnet }) => (subnet === undefined ? undefined : subnet.isDhcpEnabled ? "dynamic" : "static"),
      write: (allocation) => ({ allocation }),
    },
  ],
};
