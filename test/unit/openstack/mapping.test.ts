import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findEndpoint } from "../../../src/backends/openstack/catalogue.ts";
import { decodeFlavour } from "../../../src/backends/openstack/compute/flavours.ts";
import { decodeFlavourOf, decodeServer } from "../../../src/backends/openstack/compute/server.ts";
import { encodeServerRequest } from "../../../src/backends/openstack/compute/server-draft.ts";
import { decodeVersions } from "../../../src/backends/openstack/discovery.ts";
import { hrefOf } from "../../../src/backends/openstack/pipeline/exchange.ts";
import {
  addressBelow,
  endpointAt,
  versionDocumentOf,
  withoutVersion,
} from "../../../src/backends/openstack/endpoint.ts";
import { decodeImage } from "../../../src/backends/openstack/image/images.ts";
import { asTime } from "../../../src/backends/openstack/json.ts";
import {
  describeAgain,
  describeMarked,
  isMarked,
  isMarkedBy,
  readDescription,
} from "../../../src/backends/openstack/marker.ts";
import { queriesOf } from "../../../src/backends/openstack/network/filters.ts";
import { decodeNetwork, encodeNetwork } from "../../../src/backends/openstack/network/networks.ts";
import { decodePort, encodePort } from "../../../src/backends/openstack/network/ports.ts";
import { decodeSubnet, encodeSubnet } from "../../../src/backends/openstack/network/subnets.ts";
import { compareVersions, negotiate } from "../../../src/backends/openstack/pipeline/negotiate.ts";
import { novaServer } from "./fake-cloud.ts";
import { anyDescription as description, anyMarker as marker, wire } from "./things.ts";

describe("markers", () => {
  test("a description comes back as it was written, and tells by whom it was made", () => {
    fc.assert(
      fc.property(description, description, marker, marker, (text, later, mine, other) => {
        const stored = describeMarked(text, mine);
        expect(readDescription(stored)).toBe(text);
        expect(isMarkedBy(mine, { description: stored })).toBe(true);
        expect(isMarkedBy(other, { description: stored })).toBe(mine.value === other.value);
        const changed = describeAgain(later, stored);
        expect(readDescription(changed)).toBe(later);
        expect(isMarkedBy(mine, { description: changed })).toBe(true);
        expect(describeAgain(later, text)).toBe(later);
        expect(isMarked({ description: text })).toBe(false);
      }),
    );
  });

  test("our own words are refused, and so is what Neutron could not store", () => {
    const mine = { value: "m", since: new Date(0) };
    expect(() => describeMarked("a\nvimana:marker=x", mine)).toThrow(/may begin with/);
    expect(() => describeMarked("x".repeat(250), mine)).toThrow(/more than/);
  });
});

test("networks, subnets and ports come back as they were drafted", () => {
  const made = { id: "1", project_id: "p", mac_address: "m", status: "ACTIVE" };
  fc.assert(
    fc.property(
      fc.string(),
      description,
      fc.boolean(),
      marker,
      fc.constantFrom("10.0.0.1", null, undefined),
      (...values) => {
        const [name, text, isUp, mark, gatewayIp] = values;
        const network = { name, description: text, isAdminUp: isUp, isShared: isUp };
        const decoded = decodeNetwork({ ...made, ...wire(encodeNetwork({ ...network, marker: mark })) });
        expect(decoded).toMatchObject(network);
        const subnet = { name, networkId: "n", ipVersion: 4, cidr: "10.0.0.0/8", isDhcpEnabled: isUp } as const;
        const gateway = gatewayIp === undefined ? {} : { gatewayIp };
        const sent = wire(encodeSubnet({ ...subnet, ...gateway, marker: mark }));
        expect("gateway_ip" in sent).toBe(gatewayIp !== undefined);
        expect(decodeSubnet({ ...made, ...sent })).toMatchObject({ ...subnet, gatewayIp: gatewayIp ?? undefined });
        const port = {
          name,
          networkId: "n",
          fixedIps: [{ ipAddress: "10.0.0.5", subnetId: "s" }],
          vnicType: "direct",
        } as const;
        const decodedPort = decodePort({ ...made, ...wire(encodePort({ ...port, marker: mark }, isUp)) });
        expect(decodedPort).toMatchObject({ ...port, isOwned: true, tags: [], deviceId: undefined });
      },
    ),
  );
});

test("a server's draft is sent whole, and only what was given", () => {
  const mark = { value: "m", since: new Date(0) };
  const attachments = [{ portId: "p" }, { networkId: "n", fixedIp: "10.0.0.5" }, { networkId: "n" }];
  const draft = { name: "n", flavourId: "f", imageId: "i", attachments, metadata: { a: "b" }, marker: mark };
  expect(wire(encodeServerRequest(draft)).server).toEqual({
    name: "n",
    flavorRef: "f",
    imageRef: "i",
    networks: [{ port: "p" }, { uuid: "n", fixed_ip: "10.0.0.5" }, { uuid: "n" }],
    metadata: { a: "b", "vimana:marker": "m" },
  });
});

test("the flavour of a server is known by name from 2.47 on, by id before, and may be gone", () => {
  const flavour = decodeFlavour({ id: "7", name: "tiny", vcpus: 1, ram: 2, disk: 3, swap: "" });
  expect(flavour).toMatchObject({ swapMiB: 0, isPublic: true, extraSpecs: {} });
  const sizes = { vcpus: 1, ramMiB: 2, diskGiB: 3 };
  const later = { original_name: "tiny", vcpus: 1, ram: 2, disk: 3 };
  expect(decodeFlavourOf(later, [flavour])).toEqual({ flavourId: "7", flavourName: "tiny", ...sizes });
  expect(decodeFlavourOf(later, [])).toEqual({ flavourId: undefined, flavourName: "tiny", ...sizes });
  expect(decodeFlavourOf({ id: "7" }, [flavour])).toEqual({ flavourId: "7", flavourName: "tiny", ...sizes });
});

test("a server of a cell that is down is shown with what is known", () => {
  const server = decodeServer(
    { id: "a", status: "UNKNOWN", created: "2026-01-01T00:00:00Z" },
    { ports: [], flavours: [] },
  );
  expect(server).toMatchObject({ id: "a", status: "unknown", name: "", flavourName: "", interfaces: [] });
});

test.each([
  ["SHUTOFF", null, "stopped"],
  ["ACTIVE", "deleting", "deleting"],
  ["HARD_REBOOT", "rebooting_hard", "rebooting"],
  ["VERIFY_RESIZE", null, "resized"],
  ["SHELVED_OFFLOADED", null, "shelved"],
  ["SOMETHING_NEW", null, "unknown"],
])("%s with task %j is %s", (status, task, expected) => {
  const server = decodeServer(novaServer("a", { status, "OS-EXT-STS:task_state": task }), { ports: [], flavours: [] });
  expect(server.status).toBe(expected);
});

test("an image keeps its free properties and loses ours", () => {
  const image = decodeImage({
    id: "i",
    name: null,
    status: "queued",
    size: null,
    visibility: "public",
    os_distro: "ubuntu",
    "vimana:marker": "m",
    self: "/v2/images/i",
    tags: ["a", "vimana:b"],
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
  });
  expect(image).toMatchObject({ name: "", status: "pending", sizeBytes: undefined, tags: ["a"], checksum: undefined });
  expect(image.properties).toEqual({ os_distro: "ubuntu" });
});

test("times without a zone are UTC", () => {
  const text = "2026-11-21T02:52:57.000000";
  for (const zone of ["", "Z", "+00:00"])
    expect(asTime(text + zone, "t").toISOString()).toBe("2026-11-21T02:52:57.000Z");
  expect(asTime("2026-11-21T02:52:57+02:00", "t").toISOString()).toBe("2026-11-21T00:52:57.000Z");
});

test("filters ask for every value once, in URLs that are short enough, and for nothing when the list is empty", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, maxLength: 60 }), { maxLength: 400 }), (ids) => {
      const queries = queriesOf({ id: ids, name: undefined });
      const asked = queries.flatMap((query) => query.map(([, value]) => value));
      expect(asked.toSorted()).toEqual([...new Set(ids)].toSorted());
      for (const query of queries)
        expect(new URLSearchParams(query.map(([...pair]) => pair)).toString().length).toBeLessThan(8_000);
    }),
  );
  expect(queriesOf({ id: undefined })).toEqual([[]]);
  expect(queriesOf({ id: [] })).toEqual([]);
});

describe("endpoints", () => {
  test.each([
    ["network", "http://h:1/network", "http://h:1/network/v2.0"],
    ["network", "http://h:1/v2.0/", "http://h:1/v2.0"],
    ["image", "http://h:1", "http://h:1/v2"],
    ["compute", "http://h:1/compute/v2.1/", "http://h:1/compute/v2.1"],
    ["compute", "http://h:1/v2.1/0123abcd", "http://h:1/v2.1/0123abcd"],
    ["identity", "http://h:1/identity", "http://h:1/identity/v3"],
  ] as const)("%s at %s is %s", (service, address, expected) => {
    expect(hrefOf(endpointAt(service, address))).toBe(expected);
  });

  test("the version document lies above the project, and the sign-in above the version", () => {
    const at = (path: string) => ({ origin: "http://h:5000", path });
    expect(versionDocumentOf(at("/c/v2.1/p"))).toEqual(at("/c/v2.1/"));
    expect(withoutVersion(at("/identity/v3"))).toBe("http://h:5000/identity");
    expect(withoutVersion(at("/v3"))).toBe("http://h:5000");
  });

  test("no segment leads out of its endpoint", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", minLength: 1 }),
        fc.array(fc.tuple(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }))),
        (id, query) => {
          const endpoint = { origin: "http://h", path: "/image/v2" };
          if (/^\.{1,2}$/.test(id)) return void expect(() => addressBelow(endpoint, ["images", id])).toThrow();
          const address = addressBelow(endpoint, ["images", id], query);
          const url = new URL(hrefOf(address));
          expect(address.path).toMatch(/^[!-~]+$/);
          expect(url.pathname.split("/")).toHaveLength(5);
          expect(decodeURIComponent(url.pathname.split("/")[4] ?? "")).toBe(id.toWellFormed());
          expect([...url.searchParams]).toEqual(query.map((pair) => pair.map((text) => text.toWellFormed())));
          expect(url.host).toBe("h");
        },
      ),
    );
  });

  test("a service is found by type or alias, region and interface; what is missing is told with what is there", () => {
    const config = {
      name: "c",
      authUrl: "",
      auth: undefined,
      region: undefined,
      regions: [],
      interface: "public",
      overrides: {},
      tls: { verify: true },
    } as const;
    const endpoint = (region: string, face: string) => ({ interface: face, region, url: `http://${region}-${face}` });
    const catalogue = [
      { type: "networking", endpoints: [endpoint("a", "admin"), endpoint("a", "public"), endpoint("b", "public")] },
    ];
    expect(hrefOf(findEndpoint(config, catalogue, "b", "network"))).toBe("http://b-public/v2.0");
    expect(hrefOf(findEndpoint({ ...config, interface: "admin" }, catalogue, undefined, "network"))).toBe(
      "http://a-admin/v2.0",
    );
    expect(hrefOf(findEndpoint({ ...config, overrides: { image: "http://own" } }, catalogue, "b", "image"))).toBe(
      "http://own/v2",
    );
    const missing = expect.objectContaining({
      reason: "MISSING_SERVICE",
      message: expect.stringContaining("networking (admin, a)"),
    });
    expect(() => findEndpoint(config, catalogue, "a", "compute")).toThrow(missing);
    expect(() => findEndpoint(config, catalogue, "c", "network")).toThrow(missing);
  });
});

describe("versions", () => {
  test.each([
    [{ version: { version: "2.93", min_version: "2.1" } }, { min: "2.1", max: "2.93" }],
    [
      {
        versions: [
          { version: "", min_version: "" },
          { version: "2.93", min_version: "2.1" },
        ],
      },
      { min: "2.1", max: "2.93" },
    ],
    [{ versions: [{ max_version: "1.39", min_version: "1.0" }] }, { min: "1.0", max: "1.39" }],
    [{ versions: { values: [{ id: "v3.14" }] } }, undefined],
  ])("%j offers %j", (document, range) => {
    expect(decodeVersions(document)).toEqual(range);
  });

  test("the highest version that both know is taken", () => {
    const minor = fc.integer({ min: 1, max: 120 });
    fc.assert(
      fc.property(minor, minor, minor, minor, (a, b, c, d) => {
        const [min, max] = a < b ? [a, b] : [b, a];
        const [since, preferred] = c < d ? [c, d] : [d, c];
        const wish = { since: `2.${since}`, preferred: `2.${preferred}` };
        const range = { min: `2.${min}`, max: `2.${max}` };
        if (max < since || min > preferred) return void expect(() => negotiate("compute", wish, range)).toThrow();
        expect(negotiate("compute", wish, range)).toBe(`2.${Math.min(max, preferred)}`);
      }),
    );
    expect(compareVersions("2.9", "2.10")).toBeLessThan(0);
  });
});
