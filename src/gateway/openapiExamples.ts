import { type DescField, type DescMessage, type JsonObject, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import type { Schema } from "./operations.ts";

/**
 * An example of every message, made from its type: requests show what is required, answers what is always there and
 * all of their first level. The two tables only better what would come out wrong or dull; no operation needs a line.
 */

export interface Examples {
  request(type: DescMessage, without: readonly DescField[]): JsonObject;
  answer(type: DescMessage): JsonObject;
  /** A plain value, as for a path. */
  plain(field: DescField): JsonValue;
}

/** The members to show where "what is required" says too little, or a choice has to be made. */
const SHOWN: Readonly<Record<string, readonly string[]>> = {
  AffinityOrAntiAffinityConstraintForCompute: ["type", "scope", "affinityOrAntiAffinityResourceGroupId"],
  AllocateComputeRequest: ["computeName", "computeFlavourId", "vcImageId", "interfaceData", "metaData"],
  AllocateNetworkRequest: ["networkResourceName", "networkResourceType", "typeNetworkData"],
  AllocateNetworkResponse: ["networkData"],
  DownloadImageRequest: ["metadata", "source"],
  ImageSource: ["type", "http"],
  NetworkSubnetData: ["ipVersion", "cidr", "isDhcpEnabled"],
  QueryNetworkResponse: ["queryNetworkResult"],
  SoftwareImageInformation: [
    "softwareImageId",
    "name",
    "containerFormat",
    "diskFormat",
    "createdAt",
    "updatedAt",
    "size",
    "status",
    "metadata",
  ],
  VirtualCompute: [
    "computeId",
    "computeName",
    "flavourId",
    "virtualCpu",
    "virtualMemory",
    "virtualNetworkInterface",
    "virtualDisks",
    "vcImageId",
    "zoneId",
    "hostId",
    "operationalState",
    "runningState",
    "metadata",
  ],
  VirtualComputeFlavour: ["flavourId", "isPublic", "virtualMemory", "virtualCpu", "storageAttributes", "metadata"],
  VirtualNetwork: [
    "networkResourceId",
    "networkResourceName",
    "subnetId",
    "bandwidth",
    "networkType",
    "isShared",
    "operationalState",
    "metadata",
  ],
  VirtualNetworkData: ["bandwidth", "networkType", "layer3Attributes"],
  VirtualNetworkInterface: [
    "resourceId",
    "ownerId",
    "networkId",
    "subnetId",
    "networkPortId",
    "ipAddress",
    "typeVirtualNic",
    "macAddress",
    "bandwidth",
    "operationalState",
  ],
  VirtualNetworkInterfaceData: ["networkId", "typeVirtualNic"],
};

/** Values of plain members, by `Message.member` or by the member's name alone. */
const VALUES: Readonly<Record<string, JsonValue>> = {
  "Filter.value": "",
  "IPAddress.ip": "192.0.2.10",
  "IPSubnetCIDR.cidr": "192.0.2.0/24",
  "Identifier.value": "0b6ed8f2-9d7c-4f0e-8a35-6f6e1f0c2d11",
  "ImageDownloadStatus.progressPercentage": 40,
  "ImageMetadata.name": "cirros",
  "MacAddress.mac": "fa:16:3e:5d:0a:01",
  "Quantity.string": "2Gi",
  "SoftwareImageInformation.name": "cirros",
  "SoftwareImageInformation.status": "ready",
  "VirtualNetworkInterface.bandwidth": 0,
  "VirtualNetworkData.bandwidth": 0,
  "VirtualNetwork.bandwidth": 0,
  "VirtualNetwork.isShared": false,
  "VirtualStorageData.typeOfStorage": "ephemeral",
  cloud: "simulator",
  computeName: "web-1",
  computeOperation: "START",
  containerFormat: "bare",
  diskFormat: "qcow2",
  fields: { owner: "team-a" },
  groupName: "apart",
  id: "5c1f0c55-51a6-4a0e-8f0c-3f1b0f6d9a42",
  name: "demo",
  networkResourceName: "backend",
  region: "RegionOne",
  roles: "member",
  runningState: "RUNNING",
  signInUrl: "https://keystone.example/v3",
  url: "https://images.example/cirros.qcow2",
};

const PLAIN: Readonly<Partial<Record<ScalarType, JsonValue>>> = {
  [ScalarType.BOOL]: true,
  [ScalarType.STRING]: "text",
  [ScalarType.BYTES]: "dGV4dA==",
  [ScalarType.INT64]: "1",
  [ScalarType.SINT64]: "1",
  [ScalarType.SFIXED64]: "1",
  [ScalarType.UINT64]: "1",
  [ScalarType.FIXED64]: "1",
};
const TIME = "2026-01-31T12:00:00Z";

type Direction = "request" | "answer";

export function createExamples(schema: Schema): Examples {
  /** Types on the way down: a type inside of itself ends the example. */
  type Above = readonly DescMessage[];

  function object(type: DescMessage, direction: Direction, above: Above, without: readonly DescField[]): JsonObject {
    const members = type.fields
      .filter((field) => !without.includes(field) && isThere(type, field, direction, above))
      .map((field) => [field.jsonName, member(type, field, direction, above)] as const);
    return Object.fromEntries(members);
  }

  function isThere(type: DescMessage, field: DescField, direction: Direction, above: Above): boolean {
    if (direction === "request" && schema.isOutputOnly(field)) return false;
    if (direction === "answer" && isAlwaysThere(field)) return true;
    return isShown(type, field, direction, above);
  }

  function isShown(type: DescMessage, field: DescField, direction: Direction, above: Above): boolean {
    const shown = SHOWN[type.name];
    if (shown !== undefined) return shown.includes(field.jsonName);
    if (schema.isRequired(field)) return true;
    // Below the first level, a type that marks nothing as required is a wrapper: its members are what it is for.
    const matters = above.length === 0 ? direction === "answer" : !type.fields.some((one) => schema.isRequired(one));
    return matters && field.oneof === undefined;
  }

  function member(type: DescMessage, field: DescField, direction: Direction, above: Above): JsonValue {
    if (isShown(type, field, direction, above) && !(field.message !== undefined && above.includes(field.message))) {
      return filled(field, direction, [...above, type]);
    }
    return field.fieldKind === "message" ? null : empty(field);
  }

  function filled(field: DescField, direction: Direction, above: Above): JsonValue {
    if (field.fieldKind === "map") return VALUES[field.jsonName] ?? {};
    const one = field.message === undefined ? plain(field) : nested(field.message, direction, above);
    return field.fieldKind === "list" ? [one] : one;
  }

  function nested(type: DescMessage, direction: Direction, above: Above): JsonValue {
    return type.typeName === "google.protobuf.Timestamp" ? TIME : object(type, direction, above, []);
  }

  return {
    request: (type, without) => object(type, "request", [], without),
    answer: (type) => object(type, "answer", [], []),
    plain,
  };
}

function plain(field: DescField): JsonValue {
  const named = VALUES[`${field.parent.name}.${field.jsonName}`] ?? VALUES[field.jsonName];
  if (named !== undefined) return named;
  if (field.enum !== undefined) return field.enum.values[0]?.name ?? 0;
  return (field.scalar === undefined ? undefined : PLAIN[field.scalar]) ?? 1;
}

/** What protojson writes for a member that was not set. */
function empty(field: DescField): JsonValue {
  if (field.fieldKind === "list") return [];
  if (field.fieldKind === "map") return {};
  if (field.enum !== undefined) return field.enum.values[0]?.name ?? 0;
  const value = PLAIN[field.scalar ?? ScalarType.STRING] ?? 0;
  return typeof value === "string" ? "" : typeof value === "boolean" ? false : 0;
}

/** Members without presence are written even when they are empty. */
function isAlwaysThere(field: DescField): boolean {
  return !field.proto.proto3Optional && field.oneof === undefined;
}
