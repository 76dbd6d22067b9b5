/** What a create checks, in Nova's words (all seen live on Zed), and what it answers. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { at, items } from "../simulator/rig.ts";
import { type Cloud, fault, startCloud } from "./cloud.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.simulator.close());

const nowhere = "11111111-1111-1111-1111-111111111111";
const invalid = (field: string, value: string, complaint: string) =>
  `Invalid input for field/attribute ${field}. Value: ${value}. ${complaint}`;

describe("a create is refused", () => {
  test.each<[string, Record<string, unknown>, number, string, string?]>([
    ["an unknown network", { networks: [{ uuid: nowhere }] }, 400, `Network ${nowhere} could not be found.`],
    [
      "a network that is no UUID",
      { networks: [{ uuid: "xx" }] },
      400,
      "Bad networks format: network uuid is not in proper format (xx)",
    ],
    ["an unknown port", { networks: [{ port: nowhere }] }, 400, `Port id ${nowhere} could not be found.`],
    [
      "an address without its network",
      { networks: [{ fixed_ip: "10.11.0.9" }] },
      400,
      "Bad network format: missing 'uuid'",
    ],
    [
      "a bad address",
      { networks: [{ uuid: nowhere, fixed_ip: "zz" }] },
      400,
      invalid("fixed_ip", "zz", "'zz' is not valid under any of the given schemas"),
    ],
    ["none before 2.37", { networks: "none" }, 400, invalid("networks", "none", "'none' is not of type 'array'")],
    [
      "other words from 2.37",
      { networks: "zzz" },
      400,
      invalid("networks", "zzz", "'zzz' is not valid under any of the given schemas"),
      "2.37",
    ],
    ["an unknown image", { imageRef: nowhere }, 400, "Can not find requested image"],
    [
      "a bad image id",
      { imageRef: "zz" },
      400,
      invalid("imageRef", "zz", "'zz' is not valid under any of the given schemas"),
    ],
    ["no image", { imageRef: "" }, 400, "Missing imageRef attribute"],
    ["an unknown flavor", { flavorRef: "nope" }, 400, "Flavor nope could not be found."],
    [
      "a diskless flavor",
      { flavorRef: "10" },
      403,
      "Only volume-backed servers are allowed for flavors with zero disk.",
    ],
    ["more at least than at most", { min_count: 3, max_count: 2 }, 400, "min_count must be <= max_count"],
    ["a count of none", { min_count: 0 }, 400, invalid("min_count", "0", "0 is less than the minimum of 1")],
    ["a count in letters", { min_count: "x" }, 400, invalid("min_count", "x", "'x' does not match '^[0-9]*$'")],
    ["an unknown key", { key_name: "nokey" }, 400, "Invalid key_name provided."],
    [
      "an unknown group",
      { security_groups: [{ name: "nosg" }] },
      400,
      "Unable to find security_group with name or id 'nosg'",
    ],
    ["an unknown zone", { availability_zone: "noaz" }, 400, "The requested availability zone is not available"],
    [
      "a forced host",
      { availability_zone: "nova:compute-1" },
      403,
      "Policy doesn't allow os_compute_api:servers:create:forced_host to be performed.",
    ],
    ["metadata that are no text", { metadata: { a: 1 } }, 400, invalid("a", "1", "1 is not of type 'string'")],
    [
      "a tag with a comma",
      { networks: "none", tags: ["a,b"] },
      400,
      invalid("0", "a,b", "'a,b' does not match '^[^,/]*$'"),
      "2.52",
    ],
    [
      "a bad host name",
      { networks: "none", hostname: "a_b" },
      400,
      invalid("hostname", "a_b", "'a_b' does not match '^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$'"),
      "2.93",
    ],
    ["an empty name", { name: "" }, 400, invalid("name", "", "'' is too short")],
    [
      "a name with a blank",
      { name: " x" },
      400,
      "An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with whitespace.",
    ],
    [
      "an image on a disk that is not the first",
      {
        networks: "none",
        block_device_mapping_v2: [{ uuid: nowhere, source_type: "image", destination_type: "local", boot_index: 1 }],
      },
      400,
      "Block Device Mapping is Invalid: Mapping image to local is not supported.",
      "2.93",
    ],
    [
      "a volume, as there are none",
      {
        imageRef: "",
        block_device_mapping_v2: [{ uuid: nowhere, source_type: "volume", destination_type: "volume", boot_index: 0 }],
      },
      400,
      `Block Device Mapping is Invalid: failed to get volume ${nowhere}.`,
    ],
    ["a broken base64", { user_data: "YQ" }, 400, invalid("user_data", "YQ", "'YQ' is not a 'base64'")],
  ])("for %s", async (_what, more, status, message, version) => {
    const reply = await cloud.nova(cloud.demo, "POST", "/servers", cloud.wanted(more), version);
    expect(fault(reply)).toEqual([status, message]);
  });

  test("for user data above 65 535 letters", async () => {
    const body = cloud.wanted({ user_data: "A".repeat(65_536) });
    const [status, message] = fault(await cloud.nova(cloud.demo, "POST", "/servers", body));
    expect([status, String(message).endsWith("is too long")]).toEqual([400, true]);
  });

  test("for more metadata than the quota", async () => {
    const metadata = Object.fromEntries(Array.from({ length: 129 }, (_, index) => [`k${index}`, "v"]));
    const reply = await cloud.nova(cloud.demo, "POST", "/servers", cloud.wanted({ metadata }));
    expect(fault(reply)).toEqual([403, "Maximum number of metadata items exceeds 128"]);
  });

  test("for an image that the flavor is too small for", async () => {
    const images = await cloud.ask(cloud.demo, "/image/v2/images?name=large-footprint");
    const imageRef = at(items(images.json, "images")[0], "id");
    const reply = await cloud.nova(cloud.demo, "POST", "/servers", cloud.wanted({ imageRef }));
    expect(fault(reply)).toEqual([400, "Flavor's memory is too small for requested image."]);
  });

  test("without networks from 2.37 on", async () => {
    const reply = await cloud.nova(cloud.demo, "POST", "/servers", cloud.wanted(), "2.37");
    expect(String(fault(reply)[1])).toMatch(/'networks' is a required property$/);
  });

  test("for attributes of a later version", async () => {
    const reply = await cloud.nova(cloud.demo, "POST", "/servers", cloud.wanted({ description: "x" }));
    expect(String(fault(reply)[1])).toMatch(/Additional properties are not allowed \('description' was unexpected\)$/);
  });

  test("and leaves nothing behind", async () => {
    expect(items((await cloud.nova(cloud.demo, "GET", "/servers")).json, "servers")).toEqual([]);
    const ports = await cloud.ask(cloud.demo, "/network/v2.0/ports");
    expect(items(ports.json, "ports").map((one) => at(one, "device_owner"))).toEqual(["network:router_interface"]);
  });
});

test("a create answers with id, links, password and where to look", async () => {
  const made = await cloud.nova(cloud.demo, "POST", "/servers", cloud.wanted({ adminPass: "secret" }));
  const id = String(at(made.json, "server", "id"));
  const self = `${cloud.simulator.url}/compute/v2.1/servers/${id}`;
  expect(made.status).toBe(202);
  expect(made.headers.get("location")).toBe(self);
  expect(made.json).toEqual({
    server: {
      id,
      links: [
        { rel: "self", href: self },
        { rel: "bookmark", href: `${cloud.simulator.url}/compute/servers/${id}` },
      ],
      "OS-DCF:diskConfig": "MANUAL",
      security_groups: [{ name: "default" }],
      adminPass: "secret",
    },
  });
  await cloud.nova(cloud.demo, "DELETE", `/servers/${id}`);
});

test("several servers are numbered and share a reservation", async () => {
  const body = cloud.wanted({ name: "many", min_count: 2, max_count: 3, return_reservation_id: true });
  const made = await cloud.nova(cloud.demo, "POST", "/servers", body);
  expect(String(at(made.json, "reservation_id"))).toMatch(/^r-[a-z0-9]{8}$/);
  const listed = items((await cloud.nova(cloud.demo, "GET", "/servers?name=many")).json, "servers");
  expect(listed.map((one) => at(one, "name"))).toEqual(["many-3", "many-2", "many-1"]);
  for (const one of listed) await cloud.nova(cloud.demo, "DELETE", `/servers/${String(at(one, "id"))}`);
});

test("several networks and none named is a conflict; auto takes the only one", async () => {
  const only = await cloud.boot(cloud.demo, { networks: "auto" }, "2.37");
  const network = await cloud.ask(cloud.demo, "/network/v2.0/networks", {
    method: "POST",
    body: { network: { name: "second" } },
  });
  const id = String(at(network.json, "network", "id"));
  const empty = await cloud.nova(cloud.demo, "POST", "/servers", cloud.wanted({ networks: [{ uuid: id }] }));
  expect(fault(empty)).toEqual([400, `Network ${id} requires a subnet in order to boot instances on.`]);
  const reply = await cloud.nova(cloud.demo, "POST", "/servers", cloud.wanted());
  expect(fault(reply)).toEqual([409, "Multiple possible networks found, use a Network ID to be more specific."]);
  await cloud.ask(cloud.demo, `/network/v2.0/networks/${id}`, { method: "DELETE" });
  await cloud.nova(cloud.demo, "DELETE", `/servers/${only}`);
});
