import type { AllocateComputeRequest, VirtualCompute } from "../../../generated/ts/kubevim/compute.ts";
import type { vi_vnfmService } from "../../../generated/ts/kubevim/vi_vnfm.ts";
import {
  type Cloud,
  CloudError,
  type Flow,
  operateServer,
  provisionServer,
  removeServer,
  type Server,
  type ServerAction,
} from "../../cloud/index.ts";
import type { Handlers } from "../../gateway/operation.ts";
import { compileFilter, type Filter } from "../filter/filter.ts";
import { decodeCompute } from "./computeOrder.ts";
import { encodeCompute } from "./computeView.ts";
import { invalid, referred } from "./refuse.ts";

type ComputeHandlers = Pick<
  Handlers<vi_vnfmService>,
  | "allocateVirtualisedComputeResource"
  | "queryVirtualisedComputeResource"
  | "operateVirtualisedComputeResource"
  | "terminateVirtualisedComputeResource"
  | "createComputeResourceAffinityOrAntiAffinityConstraintsGroup"
>;

/** Virtualised compute resources (IFA 006 §7.3.1). */
export function computeHandlers(flow: Flow): ComputeHandlers {
  return {
    async allocateVirtualisedComputeResource(request, { cloud, log }) {
      const order = decodeCompute(request, `vimana-${flow.ids.uuid().slice(0, 8)}`);
      await checkReferences(cloud, request);
      return { computeData: encodeCompute(await provisionServer(cloud, order, { ...flow, log })) };
    },

    async queryVirtualisedComputeResource({ queryComputeFilter }, { cloud }) {
      const filter = compileFilter<VirtualCompute>(
        queryComputeFilter?.value,
        "VirtualCompute",
        ({ computeName }) => computeName ?? "",
      );
      const queryResult: VirtualCompute[] = [];
      for await (const server of candidates(cloud, filter)) {
        const compute = encodeCompute(server);
        if (filter.matches(compute)) queryResult.push(compute);
      }
      return { queryResult };
    },

    async operateVirtualisedComputeResource(request, { cloud, log }) {
      const action = decodeOperation(request.computeOperation, request.computeOperationInputData);
      const server = await operateServer(cloud, request.computeId?.value ?? "", action, { ...flow, log });
      return { computeData: encodeCompute(server), computeOperationOutputData: {} };
    },

    async terminateVirtualisedComputeResource({ computeId }, { cloud, log }) {
      const id = computeId?.value ?? "";
      await removeServer(cloud, id, { ...flow, log });
      return { computeId: { value: id } };
    },

    async createComputeResourceAffinityOrAntiAffinityConstraintsGroup() {
      throw new CloudError("UNSUPPORTED", "affinity groups are not offered yet");
    },
  };
}

/** One server is asked for by its id; anything else is picked from the list. */
async function* candidates(cloud: Cloud, filter: Filter<VirtualCompute>): AsyncIterable<Server> {
  const id = filter.required("computeId");
  if (id === undefined) {
    yield* cloud.servers.list();
    return;
  }
  try {
    yield await cloud.servers.get(id);
  } catch (thrown) {
    if (!CloudError.is(thrown, "NOT_FOUND")) throw thrown;
  }
}

/** Finds out which input is at fault before anything is made: the cloud's own words do not name it. */
async function checkReferences(cloud: Cloud, request: AllocateComputeRequest): Promise<void> {
  const checks: Promise<unknown>[] = [];
  const { computeFlavourId, vcImageId } = request;
  if (computeFlavourId !== undefined) {
    checks.push(referred("computeFlavourId", "flavour", () => cloud.flavours.get(computeFlavourId.value)));
  }
  if (vcImageId !== undefined) checks.push(referred("vcImageId", "image", () => cloud.images.get(vcImageId.value)));
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

const OPERATIONS: Readonly<Record<string, ServerAction>> = {
  START: "start",
  STOP: "stop",
  PAUSE: "pause",
  UNPAUSE: "unpause",
  SUSPEND: "suspend",
  RESUME: "resume",
  REBOOT: "reboot-soft",
};
const REBOOTS: Readonly<Record<string, ServerAction>> = { SOFT: "reboot-soft", HARD: "reboot-hard" };
/** Operations of IFA 006 §7.3.1.6 that are missing here. */
const ABSENT = ["CREATE_SNAPSHOT", "DELETE_SNAPSHOT"];

export function decodeOperation(operation: string, input: Readonly<Record<string, string>>): ServerAction {
  const name = operation.toUpperCase();
  if (ABSENT.includes(name))
    throw new CloudError("UNSUPPORTED", `${name} is not offered yet`, { field: "computeOperation" });
  const action = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (action === undefined) throw invalid("computeOperation", `must be one of ${Object.keys(OPERATIONS).join(", ")}`);
  const { type, ...others } = input;
  const unknown = Object.keys(name === "REBOOT" ? others : input)[0];
  if (unknown !== undefined) {
    throw new CloudError("UNKNOWN_ATTRIBUTE", `${name} reads no such key`, {
      field: `computeOperationInputData["${unknown}"]`,
    });
  }
  if (type === undefined) return action;
  const reboot = Object.hasOwn(REBOOTS, type.toUpperCase()) ? REBOOTS[type.toUpperCase()] : undefined;
  if (reboot === undefined) throw invalid('computeOperationInputData["type"]', "must be SOFT or HARD");
  return reboot;
}
