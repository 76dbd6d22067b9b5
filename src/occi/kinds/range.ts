import { createHash } from "node:crypto";
import { type Cloud, collect, type Network, provisionSubnet, RESERVED_PREFIX, type Undo } from "../../cloud/index.ts";
import type { Context } from "../table.ts";

/** Name of such a range, by which it is known again. */
const GIVEN = `${RESERVED_PREFIX}range`;

/**
 * OCCI has networks without a range; a cloud puts no machine into one (nova stable/zed: nova/network/neutron.py,
 * NetworkRequiresSubnet). So the first machine that is linked to such a network of the caller's own brings a range for it.
 * Two suites and rOCCI-cli's users make a bare network and link to it.
 */
export async function giveRanges(context: Context, networks: readonly Network[], undo: Undo): Promise<void> {
  const { call, flow } = context;
  for (const { id } of new Map(networks.map((network) => [network.id, network])).values()) {
    const cidr = rangeFor(id);
    const order = { name: GIVEN, networkId: id, ipVersion: 4, cidr, isDhcpEnabled: true } as const;
    const subnet = await provisionSubnet(call.cloud, order, flow);
    undo.enter(
      () => ({ kind: "subnet", id: subnet.id }),
      () => call.cloud.detached().subnets.delete(subnet.id),
    );
    call.warn(`network ${id} had no range for the compute: it was given ${cidr}`);
  }
}

/** Whether the range is missing and the caller may give it; of others' networks the cloud tells itself what it lacks. */
export function lacksRange({ call }: Context, { isExternal, subnetIds, projectId }: Network): boolean {
  return !isExternal && subnetIds.length === 0 && projectId === call.cloud.tenant.projectId;
}

/** Those that somebody gave a range on purpose: a bare network stays one that is joined only by whoever names it. */
export async function rangedOnPurpose(cloud: Cloud, networks: readonly Network[]): Promise<readonly Network[]> {
  if (networks.length < 2) return networks;
  const subnets = await collect(cloud.subnets.list({ networkIds: networks.map(({ id }) => id) }));
  const ranged = new Set(subnets.filter(({ name }) => name !== GIVEN).map(({ networkId }) => networkId));
  return networks.filter(({ id }) => ranged.has(id));
}

/** A machine may join several such networks, whose ranges must differ then. */
function rangeFor(networkId: string): string {
  const [second = 0, third = 0] = createHash("sha256").update(networkId).digest();
  return `10.${second}.${third}.0/24`;
}
