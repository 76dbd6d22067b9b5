/** How a port comes to be, for API and Nova alike: MAC, addresses, groups, binding. */
import { createHash } from "node:crypto";
import type { Ids } from "../../cloud/runtime.ts";
import type { JsonObject } from "../core/json.ts";
import type { World } from "../world.ts";
import { conflict, refused } from "./errors.ts";
import { allocate, checkSubnetsExist, type Wanted } from "./ipam.ts";
import { begin } from "./parts.ts";
import { isTrusted } from "./port-owners.ts";
import { checkGroups, ensureDefaultGroup } from "./security-groups.ts";
import { type AddressPair, type DhcpOption, macKey, type Network, type Port, ports } from "./tables.ts";

/** What a change of Neutron's rows needs. A `Call` is one; a task makes one of its context: `{ world, ids, now: at }`. */
export interface Context {
  readonly world: World;
  readonly ids: Ids;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A port to be: what is undefined is chosen. */
export interface PortDraft {
  readonly network: Network;
  readonly projectId: string;
  readonly name?: string;
  readonly qosPolicy?: string | null;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly adminStateUp?: boolean;
  readonly macAddress?: string;
  readonly wanted?: readonly Wanted[];
  readonly deviceId?: string;
  readonly deviceOwner?: string;
  readonly securityGroups?: readonly string[];
  readonly portSecurity?: boolean;
  readonly vnicType?: string;
  readonly host?: string;
  readonly profile?: JsonObject;
  readonly dnsName?: string;
  readonly addressPairs?: readonly { readonly ip_address: string; readonly mac_address?: string }[];
  readonly dhcpOptions?: readonly DhcpOption[];
  readonly madeForDevice?: boolean;
  /** Whether groups of other projects may be given. */
  readonly admin?: boolean;
}

/** Six hexadecimal digits of chance: as good as the ids are. */
function freshMac(context: Context, network: Network): string {
  for (let attempt = 0; attempt < 16; attempt += 1) {
    const digest = createHash("sha256").update(context.ids.uuid()).digest("hex");
    const mac = `fa:16:3e:${digest.slice(0, 2)}:${digest.slice(2, 4)}:${digest.slice(4, 6)}`;
    if (!macInUse(context.world, network.id, mac)) return mac;
  }
  throw conflict("MacAddressGenerationFailure", `Unable to generate unique mac on network ${network.id}.`);
}

function macInUse(world: World, networkId: string, mac: string, except = ""): boolean {
  return world
    .of(ports)
    .by("mac", macKey(networkId, mac))
    .some(({ id }) => id !== except);
}

/** Refuses a MAC that another port of the network has. */
export function checkMac(world: World, networkId: string, mac: string, except = ""): void {
  if (macInUse(world, networkId, mac, except))
    throw conflict(
      "MacAddressInUse",
      `Unable to complete operation for network ${networkId}. The mac address ${mac} is in use.`,
    );
}

/** The columns of a binding: to a host, or to none. */
export function binding(host: string): Pick<Port, "host_id" | "vif_type"> {
  return { host_id: host, vif_type: host === "" ? "unbound" : "ovs" };
}

function groupsOf(context: Context, draft: PortDraft, secured: boolean): readonly string[] {
  const { securityGroups, projectId, deviceOwner = "", admin = false } = draft;
  if (securityGroups === undefined) {
    if (!secured || isTrusted(deviceOwner)) return [];
    return [ensureDefaultGroup(context, projectId).id];
  }
  if (securityGroups.length > 0 && !secured)
    throw refused(
      "PortSecurityAndIPRequiredForSecurityGroups",
      "Port security must be enabled and port must have an IP address in order to use security groups.",
    );
  checkGroups(context.world, securityGroups, projectId, admin);
  return [...new Set(securityGroups)];
}

export function pairsOf(
  pairs: readonly { readonly ip_address: string; readonly mac_address?: string }[],
  mac: string,
): AddressPair[] {
  return pairs.map((pair) => ({ mac_address: pair.mac_address ?? mac, ip_address: pair.ip_address }));
}

/** The row of a new port, not yet in its table; refuses as Neutron does. */
export function newPort(context: Context, draft: PortDraft): Port {
  const { world } = context;
  const { network, projectId, deviceOwner = "", host = "", wanted } = draft;
  const secured = draft.portSecurity ?? (isTrusted(deviceOwner) ? false : network.port_security_enabled);
  const groups = groupsOf(context, draft, secured);
  const mac = draft.macAddress ?? freshMac(context, network);
  checkMac(world, network.id, mac);
  if (wanted !== undefined) checkSubnetsExist(world, wanted);
  return {
    ...begin({ name: draft.name ?? "", description: draft.description ?? "" }, context, projectId, 1),
    tags: [...(draft.tags ?? [])].sort(),
    network_id: network.id,
    mac_address: mac,
    admin_state_up: draft.adminStateUp ?? true,
    status: "DOWN",
    device_id: draft.deviceId ?? "",
    device_owner: deviceOwner,
    fixed_ips: allocate(world, { networkId: network.id, mac, deviceOwner, wanted }),
    allowed_address_pairs: pairsOf(draft.addressPairs ?? [], mac),
    security_groups: groups,
    port_security_enabled: secured,
    vnic_type: draft.vnicType ?? "normal",
    ...binding(host),
    profile: draft.profile ?? {},
    dns_name: draft.dnsName ?? "",
    extra_dhcp_opts: draft.dhcpOptions ?? [],
    qos_policy_id: draft.qosPolicy ?? null,
    ip_allocation: wanted?.length === 0 ? "none" : "immediate",
    made_for_device: draft.madeForDevice ?? false,
  };
}
