import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AllocateComputeRequest } from "../../../generated/ts/kubevim/compute.ts";
import { CloudError, type ServerOrder } from "../../../src/cloud/index.ts";
import { decodeCompute } from "../../../src/etsi/kubevim/computeOrder.ts";
import { decodeOperation } from "../../../src/etsi/kubevim/operate.ts";

/** IFA 006 §7.3.1.2: every input of an allocation is honoured or refused by name. */

type Partial = Parameters<typeof AllocateComputeRequest.fromPartial>[0];
const ID = { value: "x" };
const NIC = { networkId: { value: "n1" } };

const request = (over: Partial): AllocateComputeRequest =>
  AllocateComputeRequest.fromPartial({ computeFlavourId: { value: "f" }, vcImageId: { value: "i" }, ...over });
const order = (over: Partial): ServerOrder => decodeCompute(request(over), "given");
const fault = (over: Partial): [string, string | undefined] => {
  try {
    order(over);
  } catch (thrown) {
    if (thrown instanceof CloudError) return [thrown.reason, thrown.field];
  }
  throw new Error("not refused");
};

describe("honoured", () => {
  test("name, flavour, image, metadata", () => {
    expect(order({ computeName: "web", metaData: { fields: { role: "a" } } })).toEqual({
      name: "web",
      flavourId: "f",
      imageId: "i",
      interfaces: "none",
      metadata: { role: "a" },
    });
    expect([order({}).name, order({ computeName: "" }).name]).toEqual(["given", "given"]);
  });

  test("interfaces in order, with the kind of card", () => {
    const interfaceData = [
      NIC,
      { subnetId: { value: "s" } },
      { networkPortId: { value: "p" } },
      { ...NIC, typeVirtualNic: "TYPE_VIRTUAL_NIC_SRIOV" as const },
    ];
    expect(order({ interfaceData }).interfaces).toEqual([
      { networkId: "n1" },
      { subnetId: "s" },
      { portId: "p" },
      { networkId: "n1", vnicType: "direct" },
    ]);
  });

  test("addresses go to the card of their network, in order", () => {
    const interfaceIpam = [
      { networkId: { value: "n1" }, ipAddress: { ip: "10.0.0.1" } },
      { networkId: { value: "n1" }, ipAddress: { ip: "10.0.0.2" }, macAddress: { mac: "FA:16:3E:00:00:01" } },
      { networkId: { value: "n2" }, ipAddress: { ip: "fd00::1" }, subnetId: { value: "s2" } },
    ];
    const interfaceData = [NIC, { networkId: { value: "n2" } }, NIC];
    expect(order({ interfaceData, interfaceIpam }).interfaces).toEqual([
      { networkId: "n1", ipAddress: "10.0.0.1" },
      { networkId: "n2", ipAddress: "fd00::1", subnetId: "s2" },
      { networkId: "n1", ipAddress: "10.0.0.2", macAddress: "fa:16:3e:00:00:01" },
    ]);
  });

  test("the orchestrators' word on who chooses the address", () => {
    const metadata = (word: string) => ({ fields: { "compute.kubevim.kubenfv.io/network.subnet.assignment": word } });
    const interfaceIpam = [{ ipAddress: { ip: "10.0.0.1" } }];
    expect(order({ interfaceData: [{ ...NIC, metadata: metadata("random") }] }).interfaces).toEqual([
      { networkId: "n1" },
    ]);
    const manual = { interfaceData: [{ ...NIC, metadata: metadata("manual") }] };
    expect(order({ ...manual, interfaceIpam }).interfaces).toEqual([{ networkId: "n1", ipAddress: "10.0.0.1" }]);
    expect(fault(manual)[0]).toBe("INVALID_VALUE");
    expect(fault({ interfaceData: [{ ...NIC, metadata: metadata("chance") }] })[0]).toBe("INVALID_VALUE");
  });

  test("an address without a network goes to the only card", () => {
    expect(order({ interfaceData: [NIC], interfaceIpam: [{ ipAddress: { ip: "10.0.0.1" } }] }).interfaces).toEqual([
      { networkId: "n1", ipAddress: "10.0.0.1" },
    ]);
  });

  test("user data arrives byte for byte, and its transport decides on the config drive", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (content) => {
        const { userData } = order({ userData: { content } });
        expect(Buffer.from(userData?.reveal() ?? "", "base64").toString("utf8")).toBe(content);
      }),
    );
    const drive = (method: "CONFIG_DRIVE_PLAINTEXT" | "METADATA_SERVICE") =>
      order({ userData: { content: "x", method } }).configDrive;
    expect([drive("CONFIG_DRIVE_PLAINTEXT"), drive("METADATA_SERVICE")]).toEqual([true, false]);
    expect(order({ userData: { content: "x" } })).not.toHaveProperty("configDrive");
    const content = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n--b--\n';
    expect(order({ userData: { content, method: "CONFIG_DRIVE_MIME_MULTIPART" } }).configDrive).toBe(true);
  });

  test("user data never prints", () => {
    expect(JSON.stringify(order({ userData: { content: "hunter2" } }))).not.toContain(btoa("hunter2"));
  });
});

describe("refused by name", () => {
  const cases: readonly [Partial, string, string][] = [
    [{ reservationId: ID }, "NOT_FOUND", "reservationId"],
    [{ computeName: "x".repeat(256) }, "INVALID_VALUE", "computeName"],
    [{ interfaceData: [{}] }, "MISSING_VALUE", "interfaceData[0]"],
    [{ interfaceData: [{ ...NIC, networkPortId: ID }] }, "INVALID_VALUE", "interfaceData[0].networkPortId"],
    [
      { interfaceData: [{ networkPortId: ID, typeVirtualNic: "SRIOV" }] },
      "INVALID_VALUE",
      "interfaceData[0].typeVirtualNic",
    ],
    [
      { interfaceData: [NIC, { ...NIC, typeConfiguration: ["x"] }] },
      "UNSUPPORTED",
      "interfaceData[1].typeConfiguration",
    ],
    [{ interfaceData: [{ ...NIC, bandwidth: 5 }] }, "UNSUPPORTED", "interfaceData[0].bandwidth"],
    [
      { interfaceData: [{ ...NIC, accelerationCapability: ["x"] }] },
      "UNSUPPORTED",
      "interfaceData[0].accelerationCapability",
    ],
    [{ interfaceData: [{ ...NIC, metadata: { fields: { a: "b" } } }] }, "UNSUPPORTED", "interfaceData[0].metadata"],
    [{ interfaceIpam: [{ ipAddress: { ip: "10.0.0.1" } }] }, "INVALID_VALUE", "interfaceIPAM[0]"],
    [{ interfaceData: [NIC], interfaceIpam: [{ networkId: ID }] }, "INVALID_VALUE", "interfaceIPAM[0]"],
    [
      { interfaceData: [{ networkPortId: ID }], interfaceIpam: [{ macAddress: { mac: "fa:16:3e:00:00:01" } }] },
      "INVALID_VALUE",
      "interfaceIPAM[0]",
    ],
    [
      { interfaceData: [NIC], interfaceIpam: [{ ipAddress: { ip: "10.0.0.256" } }] },
      "INVALID_VALUE",
      "interfaceIPAM[0].ipAddress.ip",
    ],
    [
      { interfaceData: [NIC], interfaceIpam: [{ macAddress: { mac: "fa-16" } }] },
      "INVALID_VALUE",
      "interfaceIPAM[0].macAddress.mac",
    ],
    [{ metaData: { fields: { "vimana:marker": "x" } } }, "INVALID_VALUE", 'metaData.fields["vimana:marker"]'],
    [{ metaData: { fields: { a: "x".repeat(256) } } }, "INVALID_VALUE", 'metaData.fields["a"]'],
    [
      { metaData: { fields: Object.fromEntries(Array.from({ length: 129 }, (_, n) => [`k${n}`, ""])) } },
      "TOO_LARGE",
      "metaData.fields",
    ],
    [{ userData: { content: "x", method: "NO_CLOUD" } }, "UNSUPPORTED", "userData.method"],
    [{ userData: { content: "x", method: "CONFIG_DRIVE_MIME_MULTIPART" } }, "INVALID_VALUE", "userData.content"],
    [{ userData: { content: "x", certificateData: [{}] } }, "UNSUPPORTED", "userData.certificateData"],
    [{ userData: { content: "x".repeat(50_000) } }, "TOO_LARGE", "userData.content"],
  ];
  test.each(cases)("%j", (over, reason, field) => {
    expect(fault(over)).toEqual([reason, field]);
  });

  test("a machine without an image", () => {
    expect(() => decodeCompute(AllocateComputeRequest.fromPartial({ computeFlavourId: ID }), "x")).toThrow(
      "boot volume",
    );
  });
});

describe("operations (IFA 006 §7.3.1.6)", () => {
  test.each([
    ["START", {}, { kind: "act", action: "start" }],
    ["stop", {}, { kind: "act", action: "stop" }],
    ["Reboot", {}, { kind: "act", action: "reboot-soft" }],
    ["REBOOT", { type: "hard" }, { kind: "act", action: "reboot-hard" }],
    ["CREATE_SNAPSHOT", {}, { kind: "create-snapshot" }],
    ["create_snapshot", { name: "s" }, { kind: "create-snapshot", name: "s" }],
    ["DELETE_SNAPSHOT", { snapshotId: "i" }, { kind: "delete-snapshot", snapshotId: "i" }],
  ])("%s %j is %j", (operation, input, expected) => {
    expect(decodeOperation(operation, input as Record<string, string>)).toEqual(expected);
  });

  test.each([
    ["CREATE_SNAPSHOT", { label: "s" }, "UNKNOWN_ATTRIBUTE"],
    ["DELETE_SNAPSHOT", {}, "MISSING_VALUE"],
    ["toString", {}, "INVALID_VALUE"],
    ["EXPLODE", {}, "INVALID_VALUE"],
    ["START", { type: "HARD" }, "UNKNOWN_ATTRIBUTE"],
    ["REBOOT", { type: "WARM" }, "INVALID_VALUE"],
    ["REBOOT", { kind: "HARD" }, "UNKNOWN_ATTRIBUTE"],
  ])("%s %j is %s", (operation, input, reason) => {
    expect(() => decodeOperation(operation, input as Record<string, string>)).toThrow(
      expect.objectContaining({ reason }),
    );
  });
});
