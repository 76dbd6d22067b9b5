/** The façade's services (kube-vim-api): every RPC and every input. */
import { ALWAYS, ignored, needs, needsOr, notOffered, type Row, rowsOf, shows } from "./row.ts";

const VIM = "kubenvf.kubevim.api.pb.vi_vnfm";
const ADMIN = "admin.kubevim.kubenfv.api.pb.admin";

const NO_FIELDS = "kube-vim-api alpha.15 gives its data no fields";
const NO_RESERVATIONS = "this gateway keeps no reservations";
const OPERATOR = "the cloud's operator decides it";

const IMAGES: readonly Row[] = [
  ...rowsOf(`${VIM}/QueryImages`, needs("image.read"), { imageQueryFilter: ALWAYS }),
  ...rowsOf(`${VIM}/QueryImage`, needs("image.read")),
];

const COMPUTE: readonly Row[] = [
  ...rowsOf(`${VIM}/AllocateVirtualisedComputeResource`, needs("server.create"), {
    computeName: ALWAYS,
    reservationId: notOffered(NO_RESERVATIONS),
    "affinityOrAntiAffinityConstraints.affinityOrAntiAffinityResourceGroupId": needs("serverGroup.read"),
    "affinityOrAntiAffinityConstraints.affinityOrAntiAffinityResourceList": needs("server.create.beside"),
    "affinityOrAntiAffinityConstraints.scope=NFVI_POP": notOffered(
      "one cloud is one point of presence: machines cannot be apart by it",
    ),
    vcImageId: ALWAYS,
    "interfaceData.networkId": ALWAYS,
    "interfaceData.subnetId": needs("port.create"),
    "interfaceData.networkPortId": ALWAYS,
    "interfaceData.typeVirtualNic=BRIDGE": ALWAYS,
    "interfaceData.typeVirtualNic=SRIOV": needs("port.create.hardware"),
    "interfaceData.typeVirtualNic=PATHTHROUGH": needs("port.create.hardware"),
    "interfaceData.typeConfiguration": notOffered("free words have no meaning in OpenStack"),
    "interfaceData.bandwidth": notOffered("no bandwidth can be promised to a card"),
    "interfaceData.accelerationCapability": notOffered("acceleration is not offered"),
    "interfaceData.metadata": notOffered("ports carry no free keys"),
    "interfaceIPAM.ipAddress": ALWAYS,
    "interfaceIPAM.macAddress": needs("port.create"),
    "interfaceIPAM.subnetId": needs("port.create"),
    metaData: ALWAYS,
    resourceGroupId: ALWAYS,
    "userData.content": ALWAYS,
    "userData.method=CONFIG_DRIVE_PLAINTEXT": ALWAYS,
    "userData.method=CONFIG_DRIVE_MIME_MULTIPART": ALWAYS,
    "userData.method=METADATA_SERVICE": ALWAYS,
    "userData.certificateData": notOffered("certificates are not offered yet"),
    "userData.method=NO_CLOUD": notOffered("OpenStack makes no NoCloud seed disk"),
  }),
  ...rowsOf(`${VIM}/QueryVirtualisedComputeResource`, needs("server.read"), { queryComputeFilter: ALWAYS }),
  ...rowsOf(`${VIM}/OperateVirtualisedComputeResource`, needs("server.operate"), {
    "computeOperation=STOP": ALWAYS,
    "computeOperation=START": ALWAYS,
    "computeOperation=PAUSE": ALWAYS,
    "computeOperation=UNPAUSE": ALWAYS,
    "computeOperation=SUSPEND": ALWAYS,
    "computeOperation=RESUME": ALWAYS,
    "computeOperation=REBOOT": ALWAYS,
    "computeOperationInputData.type=HARD": ALWAYS,
    "computeOperation=CREATE_SNAPSHOT": needs("server.snapshot"),
    "computeOperation=DELETE_SNAPSHOT": needs("image.delete"),
  }),
  ...rowsOf(`${VIM}/TerminateVirtualisedComputeResource`, needs("server.delete")),
  ...rowsOf(`${VIM}/CreateComputeResourceAffinityOrAntiAffinityConstraintsGroup`, needs("serverGroup.create"), {
    "type=ANTI_AFFINITY": ALWAYS,
  }),
];

const HELD = "the gateway holds flavours for a project where one of the cloud's own keeps what they promise";

const FLAVOURS: readonly Row[] = [
  ...rowsOf(`${VIM}/QueryComputeFlavour`, needs("flavour.read"), { queryComputeFlavourFilter: ALWAYS }),
  ...rowsOf(`${VIM}/CreateComputeFlavour`, needsOr(HELD, "flavour.create"), {
    "flavour.isPublic=false": ALWAYS,
    "flavour.isPublic=true": { needs: ["flavour.create"], instead: undefined },
    "flavour.storageAttributes": ALWAYS,
    "flavour.metadata": ALWAYS,
    "flavour.virtualMemory.numaEnabled": ALWAYS,
    "flavour.virtualMemory.virtualMemOversubscriptionPolicy": notOffered(OPERATOR),
    "flavour.virtualCpu.virtualCpuPinning": ALWAYS,
    "flavour.virtualCpu.cpuArchitecture": notOffered("say it in flavour.metadata as the cloud knows it"),
    "flavour.virtualCpu.cpuClock": notOffered("no clock rate can be promised"),
    "flavour.virtualCpu.virtualCpuOversubscriptionPolicy": notOffered(OPERATOR),
    "flavour.virtualCpu.powerStateReqs": notOffered("OpenStack has no such demand"),
    "flavour.virtualNetworkInterface": notOffered("OpenStack flavours hold no network cards"),
  }),
  ...rowsOf(`${VIM}/DeleteComputeFlavour`, needsOr(HELD, "flavour.delete")),
];

const NETWORKS: readonly Row[] = [
  ...rowsOf(`${VIM}/AllocateVirtualisedNetworkResource`, needs("network.read"), {
    "networkResourceType=NETWORK": needs("network.create"),
    "networkResourceType=SUBNET": needs("subnet.create"),
    "networkResourceType=NETWORK_PORT": notOffered(NO_FIELDS),
    "networkResourceType=TRUNK": notOffered(NO_FIELDS),
    networkResourceName: needs("network.create"),
    reservationId: notOffered(NO_RESERVATIONS),
    locationConstraintsForNetwork: notOffered("networks are not placed"),
    metaData: notOffered("networks and subnets carry no free keys"),
    resourceGroupId: needs("network.create"),
    "typeNetworkData.bandwidth": ignored("OpenStack promises no bandwidth to a network", "network.create"),
    "typeNetworkData.networkType=OVERLAY": needs("network.create"),
    "typeNetworkData.networkType=SRIOV": notOffered("ask for SR-IOV at the machine's card"),
    "typeNetworkData.providerNetwork": needs("network.create", "network.create.provider"),
    "typeNetworkData.segmentationId": needs("network.create", "network.create.provider"),
    "typeNetworkData.isShared": needs("network.create", "network.create.shared"),
    "typeNetworkData.networkQoS": notOffered("no quality can be promised"),
    "typeNetworkData.metadata": notOffered("networks carry no free keys"),
    "typeNetworkData.layer3Attributes": needs("network.create", "subnet.create"),
    "typeSubnetData.ipVersion": needs("subnet.create"),
    "typeSubnetData.gatewayIp": needs("subnet.create"),
    "typeSubnetData.isDhcpEnabled": needs("subnet.create"),
    "typeSubnetData.addressPool": needs("subnet.create"),
    "typeSubnetData.metadata": notOffered("subnets carry no free keys but name"),
  }),
  ...rowsOf(`${VIM}/QueryVirtualisedNetworkResource`, needs("network.read"), {
    queryNetworkFilter: ALWAYS,
    "networkResourceType=SUBNET": needs("subnet.read"),
    "networkResourceType=NETWORK_PORT": notOffered(NO_FIELDS),
    "networkResourceType=TRUNK": notOffered(NO_FIELDS),
    "answer.queryNetworkResult.metadata.mtu": shows("network.read.mtu"),
    "answer.queryNetworkResult.metadata.tags": shows("network.read.tags"),
    "answer.queryNetworkResult.segmentationId": shows("network.read.provider"),
  }),
  ...rowsOf(`${VIM}/TerminateVirtualisedNetworkResource`, needs("network.delete")),
];

const NO_DOWNLOADS = "the gateway fetches no images; upload them to the image service";

const ADMINISTRATION: readonly Row[] = [
  ...rowsOf(`${ADMIN}/DownloadImage`, notOffered(NO_DOWNLOADS)),
  ...rowsOf(`${ADMIN}/GetImageDownloadStatus`, notOffered(NO_DOWNLOADS)),
  ...rowsOf(`${ADMIN}/SetupImageUploadProxy`, notOffered(NO_FIELDS)),
];

export const FACADE_ROWS: readonly Row[] = [...IMAGES, ...COMPUTE, ...FLAVOURS, ...NETWORKS, ...ADMINISTRATION];
