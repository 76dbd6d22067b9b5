import { isIP } from "node:net";
import type { TypeVirtualNic } from "../../../generated/ts/kubevim/common.ts";
import {
  type AllocateComputeRequest,
  UserData_UserDataTransportationMethod as Transport,
  type UserData,
  type VirtualNetworkInterfaceIPAM,
} from "../../../generated/ts/kubevim/compute.ts";
import type { VirtualNetworkInterfaceData } from "../../../generated/ts/kubevim/flavour.ts";
import {
  CloudError,
  type InterfaceOrder,
  RESERVED_PREFIX,
  Secret,
  type ServerOrder,
  type VnicType,
} from "../../cloud/index.ts";
import { invalid, refuseGiven } from "./refuse.ts";

/** Nova's limit on user data, bytes of base64 (nova stable/zed: nova/compute/api.py MAX_USERDATA_SIZE). */
const MAX_USER_DATA = 65_535;
/** Nova's limits on metadata (nova stable/zed: quota metadata_items, and the column's width). */
const MAX_METADATA = { entries: 128, bytes: 255 } as const;
const MAX_NAME = 255;
const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i;
const NO_RESERVATIONS = "there is no such reservation: this cloud keeps none";

/** A request as a server order: every input honoured or refused by name. `name` serves requests without one. */
export function decodeCompute(request: AllocateComputeRequest, name: string): ServerOrder {
  if (request.reservationId !== undefined) {
    throw new CloudError("NOT_FOUND", NO_RESERVATIONS, { field: "reservationId" });
  }
  refuseGiven(
    "vcImageId",
    request.vcImageId === undefined,
    "a machine without an image needs a boot volume, which is not offered yet",
  );
  if (request.computeName !== undefined && [...request.computeName].length > MAX_NAME) {
    throw invalid("computeName", `is longer than ${MAX_NAME} characters`);
  }
  const interfaces = decodeInterfaces(request.interfaceData, request.interfaceIpam);
  return {
    name: request.computeName === undefined || request.computeName === "" ? name : request.computeName,
    flavourId: request.computeFlavourId?.value ?? "",
    ...(request.vcImageId === undefined ? {} : { imageId: request.vcImageId.value }),
    interfaces: interfaces.length === 0 ? "none" : interfaces,
    ...(request.metaData === undefined ? {} : { metadata: decodeMetadata(request.metaData.fields) }),
    ...(request.userData === undefined ? {} : decodeUserData(request.userData)),
  };
}

export function decodeMetadata(fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(fields);
  if (entries.length > MAX_METADATA.entries) {
    throw new CloudError("TOO_LARGE", `has more than ${MAX_METADATA.entries} entries`, { field: "metaData.fields" });
  }
  for (const [key, value] of entries) {
    const field = `metaData.fields["${key}"]`;
    if (key === "" || Buffer.byteLength(key) > MAX_METADATA.bytes || Buffer.byteLength(value) > MAX_METADATA.bytes) {
      throw invalid(field, `key and value take up to ${MAX_METADATA.bytes} bytes, and the key at least one`);
    }
    if (key.startsWith(RESERVED_PREFIX))
      throw invalid(field, `keys that begin with ${RESERVED_PREFIX} are the gateway's`);
  }
  return fields;
}

function decodeUserData(userData: UserData): Pick<ServerOrder, "userData" | "configDrive"> {
  const { content, method } = userData;
  refuseGiven("userData.certificateData", userData.certificateData.length > 0, "certificates are not offered yet");
  refuseGiven("userData.method", method === Transport.NO_CLOUD, "OpenStack makes no NoCloud seed disk");
  if (method === Transport.CONFIG_DRIVE_MIME_MULTIPART && !isMultipart(content)) {
    throw invalid("userData.content", "is not a MIME multipart message, which userData.method promises");
  }
  const base64 = Buffer.from(content, "utf8").toString("base64");
  if (base64.length > MAX_USER_DATA) {
    throw new CloudError("TOO_LARGE", `takes more than ${MAX_USER_DATA} bytes in base64`, {
      field: "userData.content",
    });
  }
  return {
    userData: new Secret(base64),
    ...(method === undefined ? {} : { configDrive: method !== Transport.METADATA_SERVICE }),
  };
}

/** RFC 2045: the headers of the message say so. */
function isMultipart(content: string): boolean {
  const head = content.split(/\r?\n\r?\n/, 1)[0] ?? "";
  return /^content-type:\s*multipart\//im.test(head);
}

function decodeInterfaces(
  data: readonly VirtualNetworkInterfaceData[],
  ipam: readonly VirtualNetworkInterfaceIPAM[],
): InterfaceOrder[] {
  const orders = data.map(decodeInterface);
  const taken = new Set<number>();
  for (const [index, entry] of ipam.entries()) {
    const field = `interfaceIPAM[${index}]`;
    const card = findCard(orders, taken, entry);
    const order = card === undefined ? undefined : orders[card];
    if (card === undefined || order === undefined) {
      throw invalid(field, "belongs to no interface: none is left with this network or subnet");
    }
    taken.add(card);
    orders[card] = { ...order, ...decodeAddress(entry, field) };
  }
  for (const [index, { metadata }] of data.entries()) {
    const field = `interfaceData[${index}].metadata`;
    const isManual = decodeAssignment(metadata?.fields ?? {}, field);
    if (isManual && orders[index]?.ipAddress === undefined && orders[index]?.portId === undefined) {
      throw invalid(`${field}.fields["${ASSIGNMENT_KEY}"]`, "manual needs an address in interfaceIPAM");
    }
  }
  return orders;
}

/** The first card that is still without an address and that the entry means (IFA 006 §8.4.7). */
function findCard(
  orders: readonly InterfaceOrder[],
  taken: ReadonlySet<number>,
  entry: VirtualNetworkInterfaceIPAM,
): number | undefined {
  const networkId = entry.networkId?.value;
  const subnetId = entry.subnetId?.value;
  const free = [...orders.keys()].filter((index) => !taken.has(index) && orders[index]?.portId === undefined);
  if (networkId === undefined && subnetId === undefined) return orders.length === 1 ? free[0] : undefined;
  return free.find((index) => {
    const order = orders[index];
    const bySubnet = subnetId !== undefined && order?.subnetId === subnetId;
    const byNetwork = networkId !== undefined && order?.networkId === networkId;
    return bySubnet || (byNetwork && (subnetId === undefined || order?.subnetId === undefined));
  });
}

function decodeAddress(entry: VirtualNetworkInterfaceIPAM, field: string): InterfaceOrder {
  const ip = entry.ipAddress?.ip;
  const mac = entry.macAddress?.mac;
  if (ip !== undefined && isIP(ip) === 0) throw invalid(`${field}.ipAddress.ip`, "is not an IP address");
  if (mac !== undefined && !MAC.test(mac)) throw invalid(`${field}.macAddress.mac`, "is not a MAC address");
  return {
    ...(entry.subnetId === undefined ? {} : { subnetId: entry.subnetId.value }),
    ...(ip === undefined ? {} : { ipAddress: ip }),
    ...(mac === undefined ? {} : { macAddress: mac.toLowerCase() }),
  };
}

/** How kube-vim's orchestrators say whether the address of a card is left to the cloud or named in `interfaceIPAM`. */
const ASSIGNMENT_KEY = "compute.kubevim.kubenfv.io/network.subnet.assignment";

/** Whether the card's address must be named; any other key has no home. */
function decodeAssignment(fields: Readonly<Record<string, string>>, field: string): boolean {
  const { [ASSIGNMENT_KEY]: assignment, ...others } = fields;
  refuseGiven(field, Object.keys(others).length > 0, "ports carry no free keys");
  if (assignment !== undefined && assignment !== "random" && assignment !== "manual") {
    throw invalid(`${field}.fields["${ASSIGNMENT_KEY}"]`, "must be random or manual");
  }
  return assignment === "manual";
}

const VNIC_TYPE: Readonly<Record<TypeVirtualNic, VnicType>> = {
  TYPE_VIRTUAL_NIC_BRIDGE: "normal",
  BRIDGE: "normal",
  TYPE_VIRTUAL_NIC_PATHTHROUGH: "direct-physical",
  PATHTHROUGH: "direct-physical",
  TYPE_VIRTUAL_NIC_SRIOV: "direct",
  SRIOV: "direct",
  UNRECOGNIZED: "normal",
};

function decodeInterface(data: VirtualNetworkInterfaceData, index: number): InterfaceOrder {
  const field = `interfaceData[${index}]`;
  refuseGiven(
    `${field}.typeConfiguration`,
    data.typeConfiguration.length > 0,
    "free words have no meaning in OpenStack",
  );
  refuseGiven(`${field}.bandwidth`, (data.bandwidth ?? 0) !== 0, "no bandwidth can be promised to a card");
  refuseGiven(`${field}.accelerationCapability`, data.accelerationCapability.length > 0, "acceleration is not offered");
  const vnicType = VNIC_TYPE[data.typeVirtualNic];
  const [networkId, subnetId, portId] = [data.networkId?.value, data.subnetId?.value, data.networkPortId?.value];
  if (portId !== undefined) {
    if (networkId !== undefined || subnetId !== undefined)
      throw invalid(`${field}.networkPortId`, "excludes networkId and subnetId");
    if (vnicType !== "normal") throw invalid(`${field}.typeVirtualNic`, "an existing port has its own type");
    return { portId };
  }
  if (networkId === undefined && subnetId === undefined) {
    throw new CloudError("MISSING_VALUE", "networkId, subnetId or networkPortId is required", { field });
  }
  return {
    ...(networkId === undefined ? {} : { networkId }),
    ...(subnetId === undefined ? {} : { subnetId }),
    ...(vnicType === "normal" ? {} : { vnicType }),
  };
}
