import { describe, expect, test } from "vitest";
import { createVersion, encodeServerRequest } from "../../../src/backends/openstack/compute/server-draft.ts";
import type { ServerDraft } from "../../../src/cloud/index.ts";
import { wire } from "./things.ts";

const draft = { name: "n", flavourId: "f", attachments: "auto", marker: { value: "m", since: new Date(0) } } as const;
const image = {
  boot_index: 0,
  uuid: "i",
  source_type: "image",
  destination_type: "local",
  delete_on_termination: true,
};
const volume = { destination_type: "volume", delete_on_termination: false };

const serverOf = (more: Partial<ServerDraft>) => wire(wire(encodeServerRequest({ ...draft, ...more })).server);

describe("what a server boots from and has", () => {
  test.each([
    ["an image", { imageId: "i" }, "i", undefined],
    [
      "an image, with a blank volume beside it",
      { imageId: "i", volumes: [{ sizeGiB: 2, deleteWithServer: true }] },
      "i",
      [image, { boot_index: -1, source_type: "blank", ...volume, delete_on_termination: true, volume_size: 2 }],
    ],
    [
      "a new volume of an image",
      { bootVolume: { imageId: "i", sizeGiB: 3, typeName: "fast" } },
      "",
      [{ boot_index: 0, source_type: "image", uuid: "i", ...volume, volume_size: 3, volume_type: "fast" }],
    ],
    [
      "a volume that is there",
      { bootVolume: { volumeId: "v" } },
      "",
      [{ boot_index: 0, source_type: "volume", uuid: "v", ...volume }],
    ],
    [
      "a snapshot, with a blank volume beside it",
      { bootVolume: { snapshotId: "s" }, volumes: [{ sizeGiB: 1 }] },
      "",
      [
        { boot_index: 0, source_type: "snapshot", uuid: "s", ...volume },
        { boot_index: -1, source_type: "blank", ...volume, volume_size: 1 },
      ],
    ],
  ] as const)("%s", (_what, more, imageRef, devices) => {
    const server = serverOf(more);
    expect([server.imageRef, server.block_device_mapping_v2]).toEqual([imageRef, devices]);
  });

  test.each([
    ["bootVolume", { imageId: "i", bootVolume: { volumeId: "v" } }],
    ["bootVolume.sizeGiB", { bootVolume: { volumeId: "v", sizeGiB: 1 } }],
    ["bootVolume.typeName", { bootVolume: { volumeId: "v", typeName: "fast" } }],
    ["securityGroupIds", { attachments: "none", securityGroupIds: ["g"] }],
    ["securityGroupIds", { attachments: [{ portId: "p" }], securityGroupIds: ["g"] }],
    ["securityGroupIds", { securityGroupIds: [] }],
  ] as const)("what would be dropped is refused: %s of %j", (field, more) => {
    expect(() => encodeServerRequest({ ...draft, ...more })).toThrow(
      expect.objectContaining({ reason: "INVALID_VALUE", field }),
    );
  });

  test("types of volumes need a later Nova, and nothing else does", () => {
    expect(createVersion(draft).since).toBe("2.37");
    expect(createVersion({ ...draft, volumes: [{ sizeGiB: 1 }] }).since).toBe("2.37");
    expect(createVersion({ ...draft, volumes: [{ sizeGiB: 1, typeName: "fast" }] }).since).toBe("2.67");
  });
});

test("hints stand beside the server, and only where there are some", () => {
  expect(Object.keys(encodeServerRequest(draft))).toEqual(["server"]);
  const hints = { groupId: "g", sameHostAs: ["a"], differentHostFrom: ["b", "c"] };
  expect(wire(encodeServerRequest({ ...draft, ...hints }))["os:scheduler_hints"]).toEqual({
    group: "g",
    same_host: ["a"],
    different_host: ["b", "c"],
  });
});

test("security groups go to the cards that the cloud makes", () => {
  const attachments = [{ portId: "p" }, { networkId: "n" }];
  expect(serverOf({ attachments, securityGroupIds: ["a", "b"] }).security_groups).toEqual([
    { name: "a" },
    { name: "b" },
  ]);
});
