import { ComputeRunningState, OperationalState, TypeVirtualNic } from "../../../generated/ts/kubevim/common.ts";
import type { VirtualCompute, VirtualNetworkInterface } from "../../../generated/ts/kubevim/compute.ts";
import type { Server, ServerInterface, ServerStatus, VnicType } from "../../cloud/index.ts";

/** IFA 006 §8.4.3 has fewer words than a cloud: what is between two states is named by where it leads. */
const RUNNING_STATE: Readonly<Record<ServerStatus, ComputeRunningState>> = {
  building: ComputeRunningState.STARTING,
  active: ComputeRunningState.RUNNING,
  stopped: ComputeRunningState.STOPPED,
  paused: ComputeRunningState.PAUSED,
  suspended: ComputeRunningState.SUSPENDED,
  rebooting: ComputeRunningState.STARTING,
  resizing: ComputeRunningState.STARTING,
  resized: ComputeRunningState.RUNNING,
  rebuilding: ComputeRunningState.STARTING,
  migrating: ComputeRunningState.RUNNING,
  shelved: ComputeRunningState.STOPPED,
  rescued: ComputeRunningState.RUNNING,
  deleting: ComputeRunningState.TERMINATING,
  deleted: ComputeRunningState.TERMINATING,
  error: ComputeRunningState.FAILED,
  unknown: ComputeRunningState.UNKNOWN,
};

const NIC_TYPE: Readonly<Record<VnicType, TypeVirtualNic>> = {
  normal: TypeVirtualNic.TYPE_VIRTUAL_NIC_BRIDGE,
  direct: TypeVirtualNic.TYPE_VIRTUAL_NIC_SRIOV,
  macvtap: TypeVirtualNic.TYPE_VIRTUAL_NIC_SRIOV,
  "direct-physical": TypeVirtualNic.TYPE_VIRTUAL_NIC_PATHTHROUGH,
  other: TypeVirtualNic.TYPE_VIRTUAL_NIC_BRIDGE,
};

export function encodeCompute(server: Server): VirtualCompute {
  const runningState = RUNNING_STATE[server.status];
  return {
    computeId: { value: server.id },
    computeName: server.name,
    flavourId: { value: server.flavourId ?? server.flavourName },
    virtualCpu: {},
    virtualMemory: {},
    virtualNetworkInterface: server.interfaces.map((card) => encodeInterface(server.id, card)),
    virtualDisks: Array.from({ length: countDisks(server) }, () => ({})),
    vcImageId: server.imageId === undefined ? undefined : { value: server.imageId },
    zoneId: server.zone === undefined ? undefined : { value: server.zone },
    hostId: { value: server.hostId },
    operationalState:
      runningState === ComputeRunningState.RUNNING ? OperationalState.ENABLED : OperationalState.DISABLED,
    runningState,
    metadata: { fields: { ...server.metadata } },
  };
}

/** A server without an image runs from its volumes alone. */
function countDisks(server: Server): number {
  return (server.imageId !== undefined && server.diskGiB > 0 ? 1 : 0) + server.volumeIds.length;
}

function encodeInterface(serverId: string, card: ServerInterface): VirtualNetworkInterface {
  const [first] = card.fixedIps;
  return {
    resourceId: { value: card.portId },
    ownerId: { value: serverId },
    networkId: { value: card.networkId },
    subnetId: first === undefined ? undefined : { value: first.subnetId },
    networkPortId: { value: card.portId },
    ipAddress: card.fixedIps.map(({ ipAddress }) => ({ ip: ipAddress })),
    typeVirtualNic: NIC_TYPE[card.vnicType],
    typeConfiguration: [],
    macAddress: { mac: card.macAddress },
    bandwidth: 0,
    accelerationCapability: [],
    operationalState: card.status === "active" ? OperationalState.ENABLED : OperationalState.DISABLED,
    metadata: { fields: {} },
  };
}
