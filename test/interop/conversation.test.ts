import { fromBinary, fromJson, toJson } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { at, fill, grpcConversation, misses, restConversation } from "./conversation.ts";
import { message, registry } from "./descriptors.ts";
import { complaints } from "./strict.ts";
import { wire } from "./wire.ts";

const methods = wire.services[grpcConversation.service] ?? {};

function requestOf(rpc: string) {
  const found = message(methods[rpc]?.request ?? "");
  if (found === undefined) throw new Error(`${rpc} is not in the table`);
  return found;
}

describe("what upstream's stubs encode means the same to our descriptors", () => {
  it.each(grpcConversation.steps)("$rpc: $say", ({ rpc, bytes, meaning }) => {
    const ours = fromBinary(requestOf(rpc), Buffer.from(bytes, "base64"));
    expect(ours.$unknown ?? []).toEqual([]);
    expect(toJson(requestOf(rpc), ours, { registry })).toEqual(meaning);
  });
});

describe("what upstream's REST client sends as body is our JSON, member for member", () => {
  it.each(restConversation.steps.filter((step) => step.body !== undefined))("$rpc: $say", ({ rpc, body }) => {
    expect(() => fromJson(requestOf(rpc), body ?? {}, { registry, ignoreUnknownFields: false })).not.toThrow();
  });
});

it("both conversations use all that the façade offers so far", () => {
  for (const { steps } of [grpcConversation, restConversation]) {
    expect([...new Set(steps.map((step) => step.rpc))].sort()).toEqual([
      "AllocateVirtualisedComputeResource",
      "AllocateVirtualisedNetworkResource",
      "OperateVirtualisedComputeResource",
      "QueryComputeFlavour",
      "QueryImage",
      "QueryImages",
      "QueryVirtualisedComputeResource",
      "QueryVirtualisedNetworkResource",
      "TerminateVirtualisedComputeResource",
      "TerminateVirtualisedNetworkResource",
    ]);
  }
});

describe("the checks refuse", () => {
  const subnet = {
    resourceId: { value: "s" },
    gatewayIp: { ip: "" },
    cidr: { cidr: "10.0.0.0/8" },
    isDhcpEnabled: true,
  };
  const network = {
    networkResourceId: { value: "n" },
    bandwidth: 0,
    networkType: "NETWORK_TYPE_OVERLAY",
    isShared: false,
    operationalState: "ENABLED",
  };

  it("nothing of a whole answer, with unknown members and nulls where they may be", () => {
    expect(complaints("NetworkSubnet", { ...subnet, networkId: null, ours: 1, ipVersion: "IPV6" })).toEqual([]);
    expect(complaints("VirtualNetwork", { ...network, segmentationId: "42" })).toEqual([]);
    expect(complaints("QueryComputeResponse", {})).toEqual([]);
  });

  it.each([
    ["a subnet without a gateway member", "NetworkSubnet", { ...subnet, gatewayIp: undefined }],
    ["a null where a member is required", "NetworkSubnet", { ...subnet, cidr: null }],
    ["an id that is a number", "NetworkSubnet", { ...subnet, resourceId: { value: 7 } }],
    ["a 64-bit number as a number", "VirtualNetwork", { ...network, segmentationId: 42 }],
    ["an enum of an older release", "VirtualNetwork", { ...network, networkType: "OVERLAY" }],
    ["a bare list", "QueryComputeResponse", []],
    ["a list that is none", "QueryComputeResponse", { queryResult: {} }],
    ["an element that lacks a member", "QueryNetworkResponse", { querySubnetResult: [{ ...subnet, cidr: {} }] }],
    ["a map with a number in it", "Metadata", { fields: { a: 1 } }],
    ["a time without its zone", "SoftwareImageInformation", { createdAt: "2026-01-01T00:00:00" }],
  ])("%s", (_, name, answer) => {
    expect(complaints(name, answer)).not.toEqual([]);
  });

  it("a list without the quantity, and find the least of the others", () => {
    const disks = ["10Gi", "1500Mi", "2G"].map((string, id) => ({ id, disks: [{ size: { string } }] }));
    expect(at({ list: [{ id: 9, disks: [] }, ...disks] }, "list/disks.0.size.string</id")).toBe(1);
    expect(at({ list: [{ id: 9, disks: [] }] }, "list/disks.0.size.string</id")).toBeUndefined();
  });

  it("an answer that is not what a step expects", () => {
    const kept = new Map([["id", "7"]]);
    const answer = { list: [{ cidr: { cidr: "10.0.0.0/8" }, id: "7" }] };
    const step = { say: "", rpc: "" };
    expect(at(answer, "list/cidr.cidr=10.0.0.0~18/id")).toBe("7");
    expect(
      misses({ ...step, some: ["list"], count: { list: 1 }, same: { "list/0/id": "{{id}}" } }, answer, kept),
    ).toEqual([]);
    expect(misses({ ...step, some: ["none"] }, answer, kept)).toHaveLength(1);
    expect(misses({ ...step, count: { list: 2 } }, answer, kept)).toHaveLength(1);
    expect(misses({ ...step, same: { "list/0/id": "8" } }, answer, kept)).toHaveLength(1);
    expect(misses({ ...step, keep: { it: "list/1/id" } }, answer, kept)).toHaveLength(1);
    expect(() => fill("{{other}}", kept)).toThrow("other");
  });
});
