import { describe, expect, test } from "vitest";
import { type Facts, judge, judgeAll } from "../../../src/backends/openstack/capabilities/judge.ts";
import { RULES } from "../../../src/backends/openstack/capabilities/rules.ts";
import { CloudError, FEATURES, type Feature, requireCapability, verdictOn } from "../../../src/cloud/index.ts";
import { fakeWorld } from "../../support/fakeCloud.ts";

/** Rules against facts, and what follows from a verdict. */

const FACTS: Facts = {
  missing: {},
  compute: { known: { min: "2.1", max: "2.93" } },
  extensions: { known: new Set(["provider", "net-mtu", "standard-attr-tag", "binding"]) },
  computeQuotas: { known: { servers: 10, cores: -1, memory: 1 } },
  networkQuotas: { known: { networks: 1, subnets: 1, ports: -1 } },
};
const MEMBER = ["member", "reader"];

const say = (feature: Feature, changes: Partial<Facts>, roles: readonly string[] = MEMBER) => {
  const verdict = judge(RULES[feature], { ...FACTS, ...changes }, roles);
  return verdict.support === "no" ? verdict.reason : verdict.support;
};

test.each<[Feature, Partial<Facts>, readonly string[], string]>([
  ["server.create", {}, MEMBER, "yes"],
  ["server.create", {}, ["reader"], "POLICY"],
  // Another role beside reader gives no right to write; a cloud without readers calls its members as it likes.
  ["server.create", {}, ["reader", "load-balancer_member"], "POLICY"],
  ["server.create", {}, ["_member_"], "yes"],
  ["server.read", {}, ["reader"], "yes"],
  ["server.create", { missing: { compute: "none" } }, MEMBER, "MISSING_SERVICE"],
  ["server.read", { missing: { network: "none" } }, MEMBER, "MISSING_SERVICE"],
  ["volume.read", { missing: { volume: "none" } }, MEMBER, "MISSING_SERVICE"],
  ["server.create", { compute: { known: { min: "2.1", max: "2.36" } } }, MEMBER, "VERSION"],
  ["server.create", { compute: { known: { min: "2.1", max: "2.37" } } }, MEMBER, "yes"],
  ["server.create", { compute: { known: "none" } }, MEMBER, "VERSION"],
  ["server.create", { compute: { failure: "cut" } }, MEMBER, "depends"],
  ["server.create", { computeQuotas: { known: { servers: 0 } } }, MEMBER, "QUOTA"],
  ["server.create", { computeQuotas: {} }, MEMBER, "yes"],
  ["network.create", { networkQuotas: { known: { networks: 0 } } }, MEMBER, "QUOTA"],
  ["network.create.shared", {}, MEMBER, "POLICY"],
  ["network.create.shared", {}, ["admin", "member", "reader"], "yes"],
  ["network.create.provider", { extensions: { known: new Set() } }, ["admin"], "EXTENSION"],
  ["network.create.provider", { extensions: { failure: "cut" } }, ["admin"], "depends"],
  ["network.read.mtu", { extensions: { known: new Set() } }, MEMBER, "EXTENSION"],
  ["network.read.tags", { extensions: { known: new Set(["tag"]) } }, MEMBER, "yes"],
  ["port.create.hardware", {}, MEMBER, "depends"],
  ["port.create.hardware", { extensions: { known: new Set() } }, MEMBER, "EXTENSION"],
  ["port.create.tags", {}, MEMBER, "SILENT_NO_OP"],
  ["port.create.tags", { extensions: { known: new Set(["tag-creation"]) } }, MEMBER, "yes"],
])("%s with %j as %j: %s", (feature, changes, roles, expected) => {
  expect(say(feature, changes, roles)).toBe(expected);
});

test("a refusal says which fact decided it", () => {
  const verdict = judge(RULES["server.create"], { ...FACTS, compute: { known: { min: "2.1", max: "2.36" } } }, MEMBER);
  expect(verdict).toEqual({
    support: "no",
    reason: "VERSION",
    explanation: "this needs compute 2.37 or later, and the service offers 2.1 to 2.36",
  });
  expect(judge(RULES["network.create.shared"], FACTS, MEMBER)).toMatchObject({
    explanation: "the default policy asks for the role admin, and the caller has member, reader",
  });
});

test("whoever may more is refused no more: reader, member, administrator", () => {
  const rank = (roles: readonly string[]) => {
    const capabilities = judgeAll(FACTS, roles);
    return FEATURES.filter((feature) => capabilities[feature].support !== "no");
  };
  const [reader, member, admin] = [rank(["reader"]), rank(MEMBER), rank(["admin", ...MEMBER])];
  expect(member).toEqual(expect.arrayContaining(reader));
  expect(admin).toEqual(expect.arrayContaining(member));
  expect([reader.length < member.length, member.length < admin.length]).toEqual([true, true]);
});

describe("what follows from a verdict", () => {
  const world = fakeWorld();
  const cloud = world.cloudOf("p1");

  test.each([
    ["POLICY", "FORBIDDEN"],
    ["MISSING_SERVICE", "MISSING_SERVICE"],
    ["VERSION", "VERSION_UNSUPPORTED"],
    ["EXTENSION", "UNSUPPORTED"],
    ["QUOTA", "QUOTA_EXCEEDED"],
    ["SILENT_NO_OP", "UNSUPPORTED"],
    ["NOT_OFFERED", "UNSUPPORTED"],
  ] as const)("%s is refused as %s, with the field, before any other call", async (reason, error) => {
    world.verdicts.set("network.create.shared", { support: "no", reason, explanation: "because" });
    const refusal = requireCapability(cloud, "network.create.shared", "isShared");
    await expect(refusal).rejects.toThrow(CloudError);
    await expect(refusal).rejects.toMatchObject({ reason: error, message: "because", field: "isShared" });
    expect(world.calls).toEqual([]);
  });

  test("a doubt is left to the cloud", async () => {
    world.verdicts.set("network.create.shared", { support: "depends", explanation: "who knows" });
    await requireCapability(cloud, "network.create.shared");
  });

  test("of several features a refusal goes before a doubt", async () => {
    world.verdicts.set("port.create", { support: "depends", explanation: "who knows" });
    world.verdicts.set("subnet.create", { support: "no", reason: "QUOTA", explanation: "none" });
    const known = await cloud.capabilities();
    expect(verdictOn(known, ["server.read"]).support).toBe("yes");
    expect(verdictOn(known, ["server.read", "port.create"]).support).toBe("depends");
    expect(verdictOn(known, ["port.create", "subnet.create"]).support).toBe("no");
  });
});
