import { NetworkResourceType } from "../../../generated/ts/kubevim/common.ts";
import type { NetworkSubnet, VirtualNetwork } from "../../../generated/ts/kubevim/network.ts";
import type { vi_vnfmService } from "../../../generated/ts/kubevim/vi_vnfm.ts";
import {
  type Cloud,
  CloudError,
  type Flow,
  type NetworkOrder,
  provisionNetwork,
  provisionSubnet,
  removeNetwork,
  requireCapability,
} from "../../cloud/index.ts";
import type { Handlers } from "../../gateway/operation.ts";
import { compileFilter, matching } from "../filter/filter.ts";
import { decodeNetwork, decodeSubnet, refuseNetworkExtras } from "./networkOrder.ts";
import { encodeNetwork, encodeSubnet } from "./networkView.ts";
import { checkTenant, invalid, referred } from "./refuse.ts";

type NetworkHandlers = Pick<
  Handlers<vi_vnfmService>,
  "allocateVirtualisedNetworkResource" | "queryVirtualisedNetworkResource" | "terminateVirtualisedNetworkResource"
>;

/** Virtualised network resources (IFA 006 §7.4.1). */
export function networkHandlers(flow: Flow): NetworkHandlers {
  return {
    async allocateVirtualisedNetworkResource(request, { cloud, log, warn }) {
      refuseType(request.networkResourceType);
      refuseNetworkExtras(request);
      checkTenant(cloud, request.resourceGroupId?.value);
      const { typeNetworkData, typeSubnetData, networkResourceName } = request;
      const name = networkResourceName || `vimana-${flow.ids.uuid().slice(0, 8)}`;
      if (request.networkResourceType === NetworkResourceType.SUBNET) {
        const field = "typeSubnetData";
        if (typeNetworkData !== undefined)
          throw invalid("typeNetworkData", "is for NETWORK, and a SUBNET is asked for");
        if (typeSubnetData === undefined) throw missing(field);
        const networkId = typeSubnetData.networkId?.value;
        if (networkId === undefined) throw missing(`${field}.networkId`);
        const order = decodeSubnet(typeSubnetData, name, field);
        await referred(`${field}.networkId`, "network", () => cloud.networks.get(networkId));
        return { subnetData: encodeSubnet(await provisionSubnet(cloud, { ...order, networkId }, { ...flow, log })) };
      }
      if (typeSubnetData !== undefined) throw invalid("typeSubnetData", "is for SUBNET, and a NETWORK is asked for");
      if (typeNetworkData === undefined) throw missing("typeNetworkData");
      const order = decodeNetwork(typeNetworkData, name);
      await checkCapabilities(cloud, order);
      if (typeNetworkData.bandwidth !== 0) warn("typeNetworkData.bandwidth is not enforced by this cloud");
      const { network } = await provisionNetwork(cloud, order, { ...flow, log });
      return { networkData: encodeNetwork(network) };
    },

    async queryVirtualisedNetworkResource({ queryNetworkFilter, networkResourceType }, { cloud }) {
      refuseType(networkResourceType);
      const wantsSubnets = networkResourceType === NetworkResourceType.SUBNET;
      return {
        queryNetworkResult: wantsSubnets ? [] : queryNetworks(cloud, queryNetworkFilter?.value),
        querySubnetResult: wantsSubnets ? querySubnets(cloud, queryNetworkFilter?.value) : [],
        queryNetworkPortResult: [],
        queryTrunkResult: [],
      };
    },

    async terminateVirtualisedNetworkResource({ networkResourceId }, { cloud }) {
      const id = networkResourceId?.value ?? "";
      if (await isNetwork(cloud, id)) await removeNetwork(cloud, id);
      else await cloud.subnets.delete(id);
      return { networkResourceId: { value: id } };
    },
  };
}

/** What the cloud does not do for this tenant is refused before anything is made, and by name. */
async function checkCapabilities(cloud: Cloud, { isShared, provider }: NetworkOrder): Promise<void> {
  if (isShared === true) await requireCapability(cloud, "network.create.shared", "typeNetworkData.isShared");
  if (provider !== undefined)
    await requireCapability(cloud, "network.create.provider", "typeNetworkData.providerNetwork");
}

function queryNetworks(cloud: Cloud, text: string | undefined): AsyncIterable<VirtualNetwork> {
  const filter = compileFilter<VirtualNetwork>(
    text,
    "VirtualNetwork",
    ({ networkResourceName }) => networkResourceName ?? "",
  );
  const id = filter.required("networkResourceId");
  return matching(cloud.networks.list(id === undefined ? {} : { ids: [id] }), encodeNetwork, filter);
}

function querySubnets(cloud: Cloud, text: string | undefined): AsyncIterable<NetworkSubnet> {
  const filter = compileFilter<NetworkSubnet>(text, "NetworkSubnet", ({ metadata }) => metadata?.fields.name ?? "");
  const id = filter.required("resourceId");
  return matching(cloud.subnets.list(id === undefined ? {} : { ids: [id] }), encodeSubnet, filter);
}

async function isNetwork(cloud: Cloud, id: string): Promise<boolean> {
  try {
    await cloud.networks.get(id);
    return true;
  } catch (thrown) {
    if (CloudError.is(thrown, "NOT_FOUND")) return false;
    throw thrown;
  }
}

function refuseType(type: NetworkResourceType): void {
  if (type === NetworkResourceType.NETWORK_PORT || type === NetworkResourceType.TRUNK) {
    throw new CloudError("UNSUPPORTED", `${type} cannot be served: kube-vim-api alpha.15 gives its data no fields`, {
      field: "networkResourceType",
    });
  }
}

function missing(field: string): CloudError {
  return new CloudError("MISSING_VALUE", "is required", { field });
}
