import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPassthrough, parsePlace, splitAddress } from "../../../src/gateway/passthroughPath.ts";
import { type PassthroughCloud, Targets } from "../../../src/gateway/passthroughTargets.ts";

describe("what a path means", () => {
  test.each([
    ["/openstack/compute", "compute", undefined, "", ""],
    ["/openstack/compute/", "compute", undefined, "/", ""],
    ["/openstack/compute/v2.1/servers?limit=1&x=/..", "compute", undefined, "/v2.1/servers", "?limit=1&x=/.."],
    ["/openstack/compute@dc3-a/v2.1", "compute", "dc3-a", "/v2.1", ""],
    ["/openstack/compute%40R%C3%A9gion/v2.1", "compute", "Région", "/v2.1", ""],
    ["/openstack/compute//host/x", "compute", undefined, "/host/x", ""],
    [
      "/openstack/object-store/v1/AUTH_x/c/a%2Fb//c..d/...",
      "object-store",
      undefined,
      "/v1/AUTH_x/c/a%2Fb//c..d/...",
      "",
    ],
  ])("%s", (url, type, region, path, search) => {
    expect(parsePlace(url)).toEqual({ type, region, path, search });
  });

  test.each(["/openstacks/x", "/v1/openstack/x", "http://h/openstack/compute", "*", undefined])(
    "%s is not ours",
    (url) => {
      expect(isPassthrough(url)).toBe(false);
    },
  );

  test.each([
    "..",
    ".",
    "%2e%2e",
    ".%2E",
    "%252e%252e",
    "%25252e%2525252e",
    "..%2fidentity",
    "a%2f..%2f..%2fb",
    "..%5cidentity",
    "..\\identity",
    "..;x=1",
    "%2e%2e%3bx",
  ])("refuses the segment %s", (segment) => {
    for (const url of [`/openstack/compute/${segment}`, `/openstack/compute/v2.1/${segment}/servers`]) {
      expect(() => parsePlace(url)).toThrow(/segment `\.` or `\.\.`/);
    }
  });

  test("whatever is let through stays below the service, however often a server decodes it", () => {
    const piece = fc.constantFrom(".", "..", "%2e", "%2E", "%25", "2e", "%2f", "%5c", "\\", "/", ";", "a", "v2.1", "%");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        let path: string;
        try {
          ({ path } = parsePlace(`/openstack/compute/${pieces.join("")}`));
        } catch {
          return;
        }
        for (let rounds = 0; rounds < 6; rounds += 1) {
          expect(new URL(`http://h/compute${path}`).pathname.startsWith("/compute")).toBe(true);
          path = path.replace(/%(?:2e|2f|5c|25|3b)/gi, (code) => decodeURIComponent(code));
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe("an endpoint's address", () => {
  test.each([
    ["http://h:8774/v2.1", "http://h:8774", "", "/v2.1"],
    ["http://h:9696", "http://h:9696", "", ""],
    ["http://h:9696/", "http://h:9696", "", "/"],
    [
      "https://h/compute/v2.1/0123456789abcdef0123456789abcdef",
      "https://h",
      "/compute",
      "/v2.1/0123456789abcdef0123456789abcdef",
    ],
    ["http://h/network/", "http://h", "/network", "/"],
    [
      "http://h/object/v1/AUTH_0123456789abcdef0123456789abcdef",
      "http://h",
      "/object",
      "/v1/AUTH_0123456789abcdef0123456789abcdef",
    ],
    ["http://h/share/0123456789abcdef0123456789abcdef", "http://h", "/share", "/0123456789abcdef0123456789abcdef"],
    ["wss://h:6083/?token=x", "https://h:6083", "", "/?token=x"],
  ])("%s", (address, origin, basePath, suffix) => {
    expect(splitAddress(address)).toEqual({ origin, basePath, suffix });
  });

  test.each(["file:///etc/passwd", "gopher://h/", "nothing", "http://user:secret@h/"])("%s is none", (address) => {
    expect(splitAddress(address)).toBeUndefined();
  });
});

describe("where services are", () => {
  const cloud = (more: Partial<PassthroughCloud> = {}): PassthroughCloud => ({
    name: "c",
    authUrl: "http://inner:5000/v3",
    interface: "public",
    region: "one",
    regions: [],
    overrides: {},
    tls: { verify: true },
    ...more,
  });
  const endpoint = (region: string, url: string, kind = "public") => ({ interface: kind, region, url });
  const compute = (...endpoints: ReturnType<typeof endpoint>[]) => [{ type: "compute", endpoints }];

  test("identity is where the configuration says, whatever a catalogue says", () => {
    const targets = new Targets(cloud());
    targets.learn([{ type: "identity", endpoints: [endpoint("one", "https://public/identity/v3")] }]);
    expect(targets.find({ type: "identity", region: undefined })).toMatchObject({
      origin: "http://inner:5000",
      basePath: "",
    });
  });

  test("the configured interface is taken, and an override goes before it", () => {
    const endpoints = [endpoint("one", "http://out/v2.1"), endpoint("one", "http://in/v2.1", "internal")];
    const targets = new Targets(cloud({ interface: "internal" }));
    targets.learn(compute(...endpoints));
    expect(targets.find({ type: "compute", region: "one" })?.origin).toBe("http://in");
    const overridden = new Targets(cloud({ overrides: { compute: "http://over/nova/v2.1" } }));
    overridden.learn(compute(...endpoints));
    expect(overridden.find({ type: "compute", region: undefined })).toMatchObject({
      origin: "http://over",
      basePath: "/nova",
    });
  });

  test("regions have places of their own, and only those that the configuration allows", () => {
    const targets = new Targets(cloud({ regions: ["one", "two"] }));
    targets.learn(compute(...["one", "two", "three"].map((name) => endpoint(name, `http://${name}/v2.1`))));
    expect(targets.names()).toEqual(["compute", "compute@two", "identity"]);
    expect(targets.find({ type: "compute", region: "two" })?.origin).toBe("http://two");
    expect(targets.find({ type: "compute", region: "three" })).toBeUndefined();
  });

  test("without a region of the gateway's own, of several none is guessed", () => {
    const targets = new Targets(cloud({ region: undefined }));
    targets.learn(compute(endpoint("one", "http://one/v2.1")));
    expect(targets.find({ type: "compute", region: undefined })?.origin).toBe("http://one");
    targets.learn(compute(endpoint("one", "http://one/v2.1"), endpoint("two", "http://two/v2.1")));
    expect(targets.find({ type: "compute", region: undefined })).toBeUndefined();
  });

  test("the order of a catalogue decides nothing", () => {
    const twice = ["http://b/v2.1", "http://a/v2.1"].map((url) => ({
      type: "compute",
      endpoints: [endpoint("one", url)],
    }));
    for (const catalogue of [twice, twice.toReversed()]) {
      const targets = new Targets(cloud());
      targets.learn(catalogue);
      expect(targets.find({ type: "compute", region: undefined })?.origin).toBe("http://a");
    }
  });
});
