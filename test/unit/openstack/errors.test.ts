import { expect, test } from "vitest";
import type { Answer, Exchange, ServiceType } from "../../../src/backends/openstack/pipeline/exchange.ts";
import { fromOpenStack } from "../../../src/backends/openstack/pipeline/from-openstack.ts";
import { type Reason, silentLog } from "../../../src/cloud/index.ts";

const exchange = (service: ServiceType): Exchange => ({
  operation: { service, name: "x.y", method: "POST", path: ["x"] },
  context: { cloud: "c", region: undefined, requestId: "req-1", signal: new AbortController().signal, log: silentLog },
  url: { origin: "http://cloud.example", path: "/x" },
  headers: {},
});

const answer = (status: number, body: unknown, headers: Answer["headers"] = {}): Answer => ({
  status,
  headers,
  text: typeof body === "string" ? body : JSON.stringify(body),
});

const nova = (key: string, code: number, message: string, more = {}) => ({ [key]: { code, message, ...more } });
const neutron = (type: string, message = "") => ({ NeutronError: { type, message, detail: "" } });

/** Bodies as a Zed answered them, unless they say otherwise. */
const CASES: readonly (readonly [ServiceType, number, unknown, Reason])[] = [
  ["compute", 400, nova("badRequest", 400, "marker [nope] not found"), "INVALID_VALUE"],
  ["compute", 400, nova("badRequest", 400, "Flavor 9 could not be found."), "NOT_FOUND"],
  ["compute", 400, nova("badRequest", 400, "Fixed IP address 10.0.0.5 is already in use on instance x."), "IN_USE"],
  [
    "compute",
    403,
    nova("forbidden", 403, "Quota exceeded for cores: Requested 4, but already used 8 of 8"),
    "QUOTA_EXCEEDED",
  ],
  ["compute", 403, nova("forbidden", 403, "Policy doesn't allow os_compute_api:servers:create"), "FORBIDDEN"],
  [
    "compute",
    403,
    nova("forbidden", 403, "Only volume-backed servers are allowed for flavors with zero disk."),
    "INVALID_VALUE",
  ],
  ["compute", 400, nova("badRequest", 400, "Invalid volume: volume v is already attached to instances: s"), "IN_USE"],
  [
    "compute",
    400,
    nova("badRequest", 400, "Invalid volume: status must be 'available'. Currently in 'in-use'"),
    "IN_USE",
  ],
  ["compute", 400, nova("badRequest", 400, "Cannot detach a root device volume"), "STATE_CONFLICT"],
  [
    "volume",
    400,
    nova("badRequest", 400, "Invalid volume: Volume status must be available or error"),
    "STATE_CONFLICT",
  ],
  [
    "volume",
    400,
    nova("badRequest", 400, "Invalid image identifier or unable to access requested image."),
    "NOT_FOUND",
  ],
  [
    "volume",
    413,
    nova("overLimit", 413, "VolumeSizeExceedsAvailableQuota: Requested volume exceeds allowed gigabytes quota."),
    "QUOTA_EXCEEDED",
  ],
  ["compute", 404, nova("itemNotFound", 404, "Flavor nope could not be found."), "NOT_FOUND"],
  ["compute", 406, nova("computeFault", 406, "Version 2.99 is not supported by the API."), "VERSION_UNSUPPORTED"],
  [
    "compute",
    409,
    nova("conflictingRequest", 409, "Cannot 'start' instance x while it is in vm_state active"),
    "STATE_CONFLICT",
  ],
  [
    "compute",
    409,
    nova("conflictingRequest", 409, "Multiple possible networks found, use a Network ID"),
    "SEVERAL_NETWORKS",
  ],
  ["compute", 409, nova("conflictingRequest", 409, "Key pair 'k' already exists."), "ALREADY_EXISTS"],
  ["compute", 413, nova("overLimit", 413, "Quota exceeded for resources: server_groups"), "QUOTA_EXCEEDED"],
  ["compute", 429, nova("overLimit", 429, "This request was rate-limited."), "RATE_LIMITED"],
  ["compute", 500, nova("computeFault", 500, "No valid host was found."), "NO_VALID_HOST"],
  ["compute", 500, nova("computeFault", 500, "Unexpected API Error."), "UPSTREAM_FAILED"],
  ["compute", 501, nova("notImplemented", 501, "not here"), "UNSUPPORTED"],
  ["compute", 503, "<html><body><h1>503 Service Unavailable</h1>No server is available</body></html>", "UNAVAILABLE"],
  ["compute", 302, "", "UPSTREAM_FAILED"],
  ["network", 400, neutron("InvalidIpForNetwork", "IP address 1.2.3.4 is not a valid IP"), "INVALID_VALUE"],
  ["network", 403, neutron("PolicyNotAuthorized", "disallowed by policy"), "FORBIDDEN"],
  ["network", 404, neutron("NetworkNotFound", "Network nope could not be found."), "NOT_FOUND"],
  ["network", 409, neutron("OverQuota", "Quota exceeded for resources: ['port']."), "QUOTA_EXCEEDED"],
  [
    "network",
    409,
    neutron("IpAddressGenerationFailure", "No more IP addresses available on network x."),
    "QUOTA_EXCEEDED",
  ],
  ["network", 409, neutron("IpAddressAlreadyAllocated", "IP address 10.77.0.9 already allocated"), "IN_USE"],
  ["network", 409, neutron("IpAddressInUse", "Unable to complete operation"), "IN_USE"],
  ["network", 409, neutron("MacAddressInUse", "The mac address is in use."), "IN_USE"],
  ["network", 409, neutron("NetworkInUse", "There are one or more ports still in use"), "IN_USE"],
  ["network", 409, neutron("SubnetInUse", "One or more ports have an IP allocation"), "IN_USE"],
  ["network", 409, neutron("PortInUse", "the logical device x"), "IN_USE"],
  ["network", 409, neutron("SecurityGroupRuleExists", "Security group rule already exists."), "ALREADY_EXISTS"],
  ["network", 409, neutron("NetworkInUnknownState", ""), "STATE_CONFLICT"],
  ["network", 412, neutron("RevisionNumberConstraintFailed", "Constrained to 1"), "CONFLICT"],
  ["network", 503, neutron("ServiceUnavailable", ""), "UNAVAILABLE"],
  [
    "identity",
    401,
    { error: { code: 401, message: "The request you have made", title: "Unauthorized" } },
    "UNAUTHENTICATED",
  ],
  [
    "identity",
    404,
    { error: { code: 404, message: "Could not recognize Fernet token", title: "Not Found" } },
    "NOT_FOUND",
  ],
  ["image", 401, "<html><head><title>401 Unauthorized</title></head></html>", "UNAUTHENTICATED"],
  [
    "image",
    404,
    { message: "No image found with ID nope<br /><br />\n\n\n", code: "404 Not Found", title: "Not Found" },
    "NOT_FOUND",
  ],
  ["image", 409, "<html><body>Image x could not be deleted because it is in use</body></html>", "IN_USE"],
  // cinder's, for the shape: the same rules will read it.
  [
    "compute",
    413,
    {
      overLimit: {
        code: 413,
        message: "VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded for quota 'volumes'.",
        retryAfter: "0",
      },
    },
    "QUOTA_EXCEEDED",
  ],
];

test.each(CASES)("%s %i %j is %s", (service, status, body, reason) => {
  expect(fromOpenStack(exchange(service), answer(status, body), 0).reason).toBe(reason);
});

test("a full quota is never told to be worth waiting for, a rate limit is", () => {
  const quota = nova("overLimit", 413, "quota exceeded", { retryAfter: 0 });
  expect(fromOpenStack(exchange("compute"), answer(413, quota), 0).retryAfterSeconds).toBeUndefined();
  const rate = answer(429, nova("overLimit", 429, "slow", { retryAfter: "7" }));
  expect(fromOpenStack(exchange("compute"), rate, 0).retryAfterSeconds).toBe(7);
});

test("the message is the service's own, without markup, and what was asked and answered is kept", () => {
  const headers = { "x-openstack-request-id": "req-cloud" };
  const error = fromOpenStack(
    exchange("image"),
    answer(404, "<html><title>T</title><body><h1>404</h1>No &lt;image&gt;<br/>x</body></html>", headers),
    0,
  );
  expect(error.message).toBe("image: No <image> x");
  expect(error.upstream).toMatchObject({
    service: "image",
    method: "POST",
    url: "http://cloud.example/x",
    status: 404,
    requestId: "req-cloud",
  });
});

test("no secret is kept of a body", () => {
  const token = `gAAAAA${"x".repeat(60)}`;
  const body = { error: { adminPass: 'a"b', password: "p1", message: `bad token ${token}`, user_data: "dXNlcg==" } };
  const error = fromOpenStack(exchange("compute"), answer(400, body), 0);
  const kept = `${error.message} ${error.upstream?.body}`;
  for (const secret of ['a\\"b', "p1", token, "dXNlcg"]) expect(kept).not.toContain(secret);
  expect(JSON.parse(error.upstream?.body ?? "").error.adminPass).toBe("***");
});
