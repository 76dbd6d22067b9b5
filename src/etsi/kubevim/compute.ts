import type { AllocateComputeRequest, VirtualCompute } from "../../../generated/ts/kubevim/compute.ts";
import type { vi_vnfmService } from "../../../generated/ts/kubevim/vi_vnfm.ts";
import {
  type Cloud,
  CloudError,
  type Flow,
  type Listing,
  type Pages,
  paged,
  provisionServer,
  removeServer,
  type Server,
} from "../../cloud/index.ts";
import type { Handlers } from "../../gateway/operation.ts";
import { compileFilter, type Filter, matching } from "../filter/filter.ts";
import { checkScope, decodePlacement, POLICY } from "./affinity.ts";
import { resolveBoot } from "./boot.ts";
import { decodeCompute } from "./computeOrder.ts";
import { encodeCompute } from "./computeView.ts";
import { operate } from "./operate.ts";
import { checkTenant, invalid, referred } from "./refuse.ts";
import type { VirtualFlavours } from "./virtualFlavours.ts";

type ComputeHandlers = Pick<
  Handlers<vi_vnfmService>,
  | "allocateVirtualisedComputeResource"
  | "queryVirtualisedComputeResource"
  | "operateVirtualisedComputeResource"
  | "terminateVirtualisedComputeResource"
  | "createComputeResourceAffinityOrAntiAffinityConstraintsGroup"
>;

/** Virtualised compute resources (IFA 006 §7.3.1). */
export function computeHandlers(flow: Flow, held: VirtualFlavours): ComputeHandlers {
  return {
    async allocateVirtualisedComputeResource(request, { cloud, log }) {
      const order = decodeCompute(request, `vimana-${flow.ids.uuid().slice(0, 8)}`);
      checkTenant(cloud, request.resourceGroupId?.value);
      const [placement, resolved] = await Promise.all([
        decodePlacement(cloud, request.affinityOrAntiAffinityConstraints),
        resolveBoot(cloud, order, held),
        checkReferences(cloud, request),
      ]);
      const whole = placement === undefined ? resolved : { ...resolved, placement };
      return { computeData: encodeCompute(await provisionServer(cloud, whole, { ...flow, log })) };
    },

    async queryVirtualisedComputeResource({ queryComputeFilter }, { cloud }) {
      const filter = compileFilter<VirtualCompute>(
        queryComputeFilter?.value,
        "VirtualCompute",
        ({ computeName }) => computeName ?? "",
      );
      return { queryResult: matching(candidates(cloud, filter), encodeCompute, filter) };
    },

    operateVirtualisedComputeResource: (request, { cloud, log }) => operate(cloud, request, { ...flow, log }),

    async terminateVirtualisedComputeResource({ computeId }, { cloud, log }) {
      const id = computeId?.value ?? "";
      await removeServer(cloud, id, { ...flow, log });
      return { computeId: { value: id } };
    },

    async createComputeResourceAffinityOrAntiAffinityConstraintsGroup({ groupName, type, scope }, { cloud }) {
      checkScope("scope", type, scope);
      const group = await cloud.serverGroups.create({ name: groupName, policy: POLICY[type] });
      return { groupId: { value: group.id } };
    },
  };
}

/** One server is asked for by its id; anything else is picked from the list. */
function candidates(cloud: Cloud, filter: Filter<VirtualCompute>): Listing<Server> {
  const id = filter.required("computeId");
  return id === undefined ? cloud.servers.list() : paged(() => named(cloud, id));
}

async function* named(cloud: Cloud, id: string): Pages<Server> {
  try {
    yield [await cloud.servers.get(id)];
  } catch (thrown) {
    if (!CloudError.is(thrown, "NOT_FOUND")) throw thrown;
  }
}

/** Finds out which input is at fault before anything is made: the cloud's own words do not name it. */
async function checkReferences(cloud: Cloud, request: AllocateComputeRequest): Promise<void> {
  const checks: Promise<unknown>[] = [];
  for (const [index, { networkId, subnetId, networkPortId }] of request.interfaceData.entries()) {
    const field = `interfaceData[${index}]`;
    if (networkId !== undefined) {
      checks.push(referred(`${field}.networkId`, "network", () => cloud.networks.get(networkId.value)));
    }
    if (networkPortId !== undefined) {
      checks.push(referred(`${field}.networkPortId`, "port", () => cloud.ports.get(networkPortId.value)));
    }
    if (subnetId !== undefined) checks.push(checkSubnet(cloud, `${field}.subnetId`, subnetId.value, networkId?.value));
  }
  for (const [index, { networkId, subnetId }] of request.interfaceIpam.entries()) {
    if (subnetId !== undefined) {
      checks.push(checkSubnet(cloud, `interfaceIPAM[${index}].subnetId`, subnetId.value, networkId?.value));
    }
  }
  await Promise.all(checks);
}

async function checkSubnet(
  cloud: Cloud,
  field: string,
  subnetId: string,
  networkId: string | undefined,
): Promise<void> {
  const subnet = await referred(field, "subnet", () => cloud.subnets.get(subnetId));
  if (networkId !== undefined && subnet.networkId !== networkId) throw invalid(field, "is a subnet of another network");
}
