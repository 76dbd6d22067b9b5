import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { linkRewriter } from "../../../src/gateway/passthroughLinks.ts";
import {
  rewriteCatalogue,
  rewriteConsole,
  rewriteHeader,
  rewriteVersions,
  throughGateway,
  treatmentOf,
  type View,
} from "../../../src/gateway/passthroughRewrite.ts";
import { Targets } from "../../../src/gateway/passthroughTargets.ts";

const PROJECT = "0123456789abcdef0123456789abcdef";
const GATEWAY = "http://gw:8080";

const both = (url: string, inner: string) => [
  { id: "1", interface: "public", region: "one", region_id: "one", url },
  { id: "2", interface: "internal", region: "one", region_id: "one", url: inner },
];
const CATALOG = [
  { type: "compute", name: "nova", endpoints: both("http://h:8774/v2.1", "http://in:8774/v2.1") },
  { type: "volumev3", name: "cinderv3", endpoints: both(`http://h/volume/v3/${PROJECT}`, `http://in/v3/${PROJECT}`) },
  {
    type: "image",
    name: "glance",
    endpoints: [
      ...both("http://h/image", "http://in/image"),
      { ...both("http://two/image", "")[0], region: "two", region_id: "two" },
    ],
  },
];

function viewOf(type: string): View {
  const targets = new Targets({
    name: "c",
    authUrl: "http://h:5000/v3",
    interface: "public",
    region: "one",
    regions: [],
    overrides: {},
    tls: { verify: true },
  });
  const identity = targets.find({ type: "identity", region: undefined });
  if (identity === undefined) throw new Error("no identity");
  rewriteCatalogue({ catalog: CATALOG }, { targets, target: identity, origin: GATEWAY });
  const target = targets.find({ type, region: undefined });
  if (target === undefined) throw new Error(`no ${type}`);
  return { targets, target, origin: GATEWAY };
}

test("every endpoint of a catalogue that can be reached here points here, with its version and project", () => {
  const document = { token: { methods: ["password"], catalog: CATALOG, expires_at: "2026-01-01T00:00:00Z" } };
  const rewritten = rewriteCatalogue(document, viewOf("identity"));
  const urls = [...JSON.stringify(rewritten).matchAll(/"url":"([^"]*)"/g)].map((match) => match[1]);
  expect(urls).toEqual([
    `${GATEWAY}/openstack/compute/v2.1`,
    `${GATEWAY}/openstack/compute/v2.1`,
    `${GATEWAY}/openstack/volumev3/v3/${PROJECT}`,
    `${GATEWAY}/openstack/volumev3/v3/${PROJECT}`,
    `${GATEWAY}/openstack/image`,
    `${GATEWAY}/openstack/image`,
    `${GATEWAY}/openstack/image@two`,
  ]);
  expect(rewritten).toMatchObject({ token: { methods: ["password"], expires_at: "2026-01-01T00:00:00Z" } });
});

test("what the gateway cannot reach keeps its address", () => {
  const entry = (url: string, kind: string) => ({
    type: "dns",
    endpoints: [{ interface: kind, region_id: "one", url }],
  });
  const catalog = [
    entry("http://b", "public"),
    entry("http://a", "public"),
    entry("http://adm", "admin"),
    entry("ftp://f", "public"),
  ];
  const { catalog: rewritten } = rewriteCatalogue({ catalog }, viewOf("identity"));
  expect(rewritten).toMatchObject([
    { endpoints: [{ url: "http://b" }] },
    { endpoints: [{ url: `${GATEWAY}/openstack/dns` }] },
    { endpoints: [{ url: "http://adm" }] },
    { endpoints: [{ url: "ftp://f" }] },
  ]);
});

describe("addresses", () => {
  test.each([
    ["compute", "http://h:8774/v2.1/servers/x", `${GATEWAY}/openstack/compute/v2.1/servers/x`],
    ["compute", "http://in:8774/v2.1/servers?marker=x#y", `${GATEWAY}/openstack/compute/v2.1/servers?marker=x#y`],
    ["compute", "http://h/image/v2/", `${GATEWAY}/openstack/image/v2/`],
    ["compute", `${GATEWAY}/v2.1/servers`, `${GATEWAY}/openstack/compute/v2.1/servers`],
    ["compute", `${GATEWAY}/openstack/compute/v2.1`, undefined],
    ["compute", "http://h:87745/v2.1", undefined],
    ["compute", "https://elsewhere/", undefined],
    ["compute", "//h:8774/v2.1", undefined],
    ["compute", "/v2.1/servers", "/openstack/compute/v2.1/servers"],
    ["image", "/image/v2/images", "/openstack/image/v2/images"],
    ["image", "/imagery/v2", undefined],
    ["image", "http://h/imagery", undefined],
  ])("of %s: %s", (type, url, expected) => {
    expect(throughGateway(url, viewOf(type))).toBe(expected);
  });

  test.each([
    ["location", "http://h:8774/v2.1/servers/1", `${GATEWAY}/openstack/compute/v2.1/servers/1`],
    ["content-location", "/v2.1/", "/openstack/compute/v2.1/"],
    [
      "link",
      '<http://h:8774/v2.1?p=2>; rel="next", <https://e/>; rel=x',
      `<${GATEWAY}/openstack/compute/v2.1?p=2>; rel="next", <https://e/>; rel=x`,
    ],
    ["www-authenticate", 'Keystone uri="http://anything:5000/v3"', `Keystone uri="${GATEWAY}/openstack/identity/v3"`],
    ["x-other", "http://h:8774/", "http://h:8774/"],
  ])("in the header %s", (name, value, expected) => {
    expect(rewriteHeader(name, value, viewOf("compute"))).toBe(expected);
  });
});

test("a version document's self links are the service's, at whatever host it takes itself to be", () => {
  const links = [
    { rel: "self", href: "http://behind-the-balancer/nova/v2.1/" },
    { rel: "describedby", href: "https://docs.openstack.org/" },
  ];
  const document = {
    versions: [
      { id: "v2.1", links },
      { id: "v1.0", links: [{ rel: "self", href: "" }] },
    ],
  };
  expect(rewriteVersions(document, viewOf("compute"))).toEqual({
    versions: [
      { id: "v2.1", links: [{ rel: "self", href: `${GATEWAY}/openstack/compute/v2.1/` }, links[1]] },
      { id: "v1.0", links: [{ rel: "self", href: "" }] },
    ],
  });
});

describe("consoles", () => {
  const rewrite = (url: string): string => {
    const view = viewOf("compute");
    const { remote_console: found } = rewriteConsole({ remote_console: { type: "novnc", url } }, view) as {
      remote_console: { url: string };
    };
    const key = /openstack\/(console-novnc-[0-9a-f]{8})\//.exec(found.url)?.[1];
    if (key !== undefined) {
      expect(view.targets.find({ type: key, region: undefined })?.origin).toBe("http://vnc:6080");
    }
    return found.url.replaceAll(key ?? "-", "KEY");
  };

  test.each([
    [
      "http://vnc:6080/vnc_lite.html?path=%3Ftoken%3Dt",
      `${GATEWAY}/openstack/KEY/vnc_lite.html?path=openstack%2FKEY%2F%3Ftoken%3Dt`,
    ],
    [
      "http://vnc:6080/vnc_auto.html?token=t",
      `${GATEWAY}/openstack/KEY/vnc_auto.html?token=t&path=openstack%2FKEY%2Fwebsockify%3Ftoken%3Dt`,
    ],
    ["ws://vnc:6080/?token=t", "ws://gw:8080/openstack/KEY/?token=t"],
    ["spice://vnc:6080/", "spice://vnc:6080/"],
  ])("%s", (url, expected) => {
    expect(rewrite(url)).toBe(expected);
  });
});

test.each([
  ["object-store", "GET", "/v1/", "raw"],
  ["identity", "POST", "/v3/auth/tokens", "catalogue"],
  ["compute", "POST", "/v3/auth/tokens", "links"],
  ["compute", "GET", "/", "versions"],
  ["compute", "GET", "/v2.1/", "versions"],
  ["compute", "GET", "/v2.1/servers", "links"],
  ["compute", "POST", "/v2.1/servers/1/remote-consoles", "console"],
  ["identity", "GET", "/v3/endpoints", "links"],
])("%s %s %s is treated as %s", (type, method, path, expected) => {
  expect(treatmentOf(type, method, path)).toBe(expected);
});

describe("links that stream by", () => {
  const page = JSON.stringify({
    servers: [
      {
        name: "é http://h:8774/v2.1",
        metadata: { note: '"href": "http://h:8774/x"', url: "http://h:8774/v2.1" },
        links: [{ rel: "self", href: "http://h:8774/v2.1/servers/1" }],
      },
    ],
    servers_links: [{ href: "http://in:8774/v2.1/servers?marker=1", rel: "next" }],
    links: {
      self: `${GATEWAY}/openstack/compute/v2.1`,
      next: `${GATEWAY}/v2.1?marker=2`,
      previous: null,
      first: "http://h:87741/x",
    },
  });
  const expected = page
    .replace('"href":"http://h:8774/v2.1/servers/1"', `"href":"${GATEWAY}/openstack/compute/v2.1/servers/1"`)
    .replace('"href":"http://in:8774/', `"href":"${GATEWAY}/openstack/compute/`)
    .replace(`"next":"${GATEWAY}/v2.1`, `"next":"${GATEWAY}/openstack/compute/v2.1`);

  test("are rewritten and nothing else is, wherever the pieces are cut", async () => {
    const bytes = Buffer.from(page);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 40 }), async (cuts) => {
        const places = [0, ...cuts, bytes.length].sort((a, b) => a - b);
        const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        const stream = Readable.from(pieces.filter((piece) => piece.length > 0));
        expect(await text(stream.pipe(linkRewriter(viewOf("compute"))))).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("are found in a single byte at a time, and as Python writes them", async () => {
    const python = page.replaceAll('":', '": ').replaceAll(",", ", ");
    const stream = Readable.from([...Buffer.from(python)].map((byte) => Buffer.from([byte])));
    const rewritten = await text(stream.pipe(linkRewriter(viewOf("compute"))));
    expect(JSON.parse(rewritten)).toEqual(JSON.parse(expected.replaceAll('":', '": ').replaceAll(",", ", ")));
  });
});
