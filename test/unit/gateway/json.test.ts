import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { CreateComputeFlavourRequest } from "../../../generated/ts/kubevim/flavour.ts";
import { AllocateNetworkRequest } from "../../../generated/ts/kubevim/network.ts";
import { jsonToMessage } from "../../../src/gateway/json.ts";
import { loadSchema } from "../../../src/gateway/operations.ts";

/** What old and new clients of kube-vim-api write, and what is refused of it. */

const schema = loadSchema();

function read(type: string, json: JsonObject): { bytes: Uint8Array; unknown: string[] } {
  const descriptor = schema.registry.getMessage(`vimana.kubevim.v1.${type}`);
  if (descriptor === undefined) throw new Error(`no message ${type}`);
  return jsonToMessage(schema, descriptor, json);
}

const flavour = (json: JsonObject) =>
  CreateComputeFlavourRequest.decode(read("CreateComputeFlavourRequest", { flavour: json }).bytes).flavour;

describe("amounts", () => {
  test("a bare number counts MiB of memory and GiB of storage, as before alpha.7", () => {
    const { virtualMemory, storageAttributes } =
      flavour({
        virtualMemory: { virtualMemSize: 512 },
        storageAttributes: [{ typeOfStorage: "ephemeral", sizeOfStorage: 10 }, { sizeOfStorage: { string: "1G" } }],
      }) ?? {};
    expect(virtualMemory?.virtualMemSize).toEqual({ string: "512Mi" });
    expect(storageAttributes?.map(({ sizeOfStorage }) => sizeOfStorage)).toEqual([
      { string: "10Gi" },
      { string: "1G" },
    ]);
  });
});

describe("enumerations", () => {
  const network = (networkType: string | number) =>
    AllocateNetworkRequest.decode(read("AllocateNetworkRequest", { typeNetworkData: { networkType } }).bytes)
      .typeNetworkData?.networkType;

  test.each([["OVERLAY"], ["NETWORK_TYPE_OVERLAY"], [0]])("%s is an overlay", (spelling) => {
    expect(network(spelling)).toBe("NETWORK_TYPE_OVERLAY");
  });

  test("a name that nobody knows is refused with its path, not dropped", () => {
    expect(() => network("WOBBLY")).toThrow(expect.objectContaining({ field: "typeNetworkData.networkType" }));
  });
});

test("unknown members are named by their path, in lists too", () => {
  const { unknown } = read("AllocateNetworkRequest", {
    a: 1,
    typeNetworkData: { b: 2, layer3Attributes: [{}, { cidr: { cidr: "10.0.0.0/24", c: {} } }] },
  });
  expect(unknown).toEqual(["a", "typeNetworkData.b", "typeNetworkData.layer3Attributes[1].cidr.c"]);
});

test.each([
  [{ typeNetworkData: 7 }, "typeNetworkData"],
  [{ typeNetworkData: { layer3Attributes: {} } }, "typeNetworkData.layer3Attributes"],
  [{ typeNetworkData: { layer3Attributes: [7] } }, "typeNetworkData.layer3Attributes[0]"],
  [{ networkResourceName: 7 }, "networkResourceName"],
  [{ metaData: { fields: [] } }, "metaData.fields"],
  [{ typeNetworkData: { isShared: "yes" } }, "isShared"],
] satisfies [JsonObject, string][])("%j is refused at %s", (json, field) => {
  expect(() => read("AllocateNetworkRequest", json)).toThrow(
    expect.objectContaining({ reason: "INVALID_VALUE", field }),
  );
});
