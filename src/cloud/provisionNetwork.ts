import type { Cloud } from "./cloud.ts";
import { CloudError } from "./errors.ts";
import { type Flow, newMarker } from "./flow.ts";
import type { Network, NetworkDraft } from "./network.ts";
import { collect } from "./page.ts";
import type { Subnet, SubnetDraft } from "./subnet.ts";
import { Undo } from "./undo.ts";

/** A subnet that is wanted within a network that is made with it. */
export type SubnetOrder = Omit<SubnetDraft, "networkId" | "marker">;

export interface NetworkOrder extends Omit<NetworkDraft, "marker"> {
  readonly subnets: readonly SubnetOrder[];
}

/** Makes a network with its subnets: all or nothing. */
export async function provisionNetwork(
  cloud: Cloud,
  order: NetworkOrder,
  flow: Flow,
): Promise<{ readonly network: Network; readonly subnets: readonly Subnet[] }> {
  const undo = new Undo(flow.log);
  try {
    const { subnets: subnetOrders, ...rest } = order;
    const draft: NetworkDraft = { ...rest, marker: newMarker(flow) };
    let networkId: string | undefined;
    undo.enter(
      () => ({ kind: "network", id: networkId ?? `marked ${draft.marker.value}` }),
      async () => {
        const rescue = cloud.detached();
        const id = networkId ?? (await rescue.networks.findByMarker(draft.marker, draft.name))?.id;
        // Deleting a network takes its subnets along.
        if (id !== undefined) await rescue.networks.delete(id);
      },
    );
    const network = await cloud.networks.create(draft);
    networkId = network.id;
    const subnets: Subnet[] = [];
    for (const subnet of subnetOrders) {
      subnets.push(await cloud.subnets.create({ ...subnet, networkId: network.id, marker: newMarker(flow) }));
    }
    return { network: { ...network, subnetIds: subnets.map(({ id }) => id) }, subnets };
  } catch (thrown) {
    throw await undo.rollback(thrown);
  }
}

/** Makes one subnet; a lost answer leaves none behind. */
export async function provisionSubnet(
  cloud: Cloud,
  order: SubnetOrder & { readonly networkId: string },
  flow: Flow,
): Promise<Subnet> {
  const undo = new Undo(flow.log);
  const marker = newMarker(flow);
  undo.enter(
    () => ({ kind: "subnet", id: `marked ${marker.value}` }),
    async () => {
      const rescue = cloud.detached();
      const found = await rescue.subnets.findByMarker(marker, order.name);
      if (found !== undefined) await rescue.subnets.delete(found.id);
    },
  );
  try {
    return await cloud.subnets.create({ ...order, marker });
  } catch (thrown) {
    throw await undo.rollback(thrown);
  }
}

/** Deletes a network with its subnets; IN_USE, and nothing done, while anything but the cloud itself is plugged in. */
export async function removeNetwork(cloud: Cloud, id: string): Promise<void> {
  const users = (await collect(cloud.ports.list({ networkIds: [id] }))).filter(
    ({ deviceId, deviceOwner }) => deviceId !== undefined && !deviceOwner?.startsWith("network:dhcp"),
  );
  if (users.length > 0) {
    throw new CloudError("IN_USE", `the network has ports in use: ${users.map((port) => port.id).join(", ")}`);
  }
  await cloud.networks.delete(id);
}
