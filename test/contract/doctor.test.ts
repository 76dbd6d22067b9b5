import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { simulatedConfig } from "../support/backends.ts";
import { vimana } from "../support/cli.ts";
import { realCloud } from "../support/clouds.ts";
import { openPractice, type Practice, type Report, reportOf, troubles } from "../support/doctor.ts";
import { signIn } from "../support/native.ts";
import { virtualClock } from "../support/virtualClock.ts";

describe("vimana doctor", () => {
  let practice: Practice;
  beforeAll(async () => {
    practice = await openPractice();
  });
  afterEach(() => practice.simulator.reset());
  afterAll(() => practice.close());

  const admin = async (): ReturnType<typeof signIn> => {
    const { admin: cloud } = practice.simulator.clouds();
    if (cloud === undefined) throw new Error("the default world has no administrator");
    return signIn(simulatedConfig("admin", cloud));
  };

  test("finds a cloud that is well to be well, and changes nothing", async () => {
    const ran = await practice.look();
    expect([ran.code, ran.err, troubles(ran)]).toEqual([0, "", []]);
    expect(reportOf(ran)).toMatchObject({ cloud: "demo", ok: true });
    const writes = practice.simulator.requests.list(
      ({ method, path }) => method !== "GET" && !path.endsWith("/auth/tokens"),
    );
    expect(writes).toEqual([]);
  });

  test("tells people the same, in lines", async () => {
    const { code, out } = await practice.look({}, { args: ["--data-dir", "memory"] });
    expect(code).toBe(0);
    for (const line of [
      /^ {2}ok {7}file {9}\S+clouds\.yaml was read$/m,
      /^ {2}ok {7}credentials {2}password of user demo, project demo$/m,
      /^ {2}ok {7}identity {2}127\.0\.0\.1 port \d+, \d+ ms, without TLS$/m,
      /^ {2}ok {7}compute {2}http:\S+\/compute\/v2\.1, 2\.1 to 2\.93, \d+ ms$/m,
      /^ {2}ok {7}images +3: /m,
      /^ {2}note {5}POLICY +the default policy asks for the role admin/m,
      /^all is well$/m,
    ])
      expect(out).toMatch(line);
    expect(out).not.toContain("\u001b[");
  });

  test("says no secret, whatever goes wrong", async () => {
    const password = "c4n4ry-p4ssw0rd";
    for (const args of [["--data-dir", "memory"], ["--json"], ["--all"]]) {
      const { code, out, err } = await practice.look({ auth: { password } }, { args });
      expect(code).toBe(1);
      expect(out + err).not.toContain(password);
    }
  });

  test.each<[what: string, change: Record<string, unknown>, expected: RegExp[]]>([
    ["a wrong password", { auth: { password: "wrong" } }, [/^fault sign-in token: .*not accepted/]],
    [
      "a wrong region",
      { region_name: "Atlantis" },
      [
        /^fault sign-in region: the catalogue has no Atlantis; it has RegionOne/,
        /^fault services compute: has no endpoint for public, Atlantis; there is compute \(public, RegionOne\)/,
      ],
    ],
    [
      "an override that leads nowhere",
      { compute_endpoint_override: "http://127.0.0.1:1/v2.1" },
      [/^fault reach compute: 127\.0\.0\.1:1 .*ECONNREFUSED/, /^fault services compute: .*endpoint override/],
    ],
    [
      "a host without a name",
      { auth: { auth_url: "http://nowhere.invalid/v3" } },
      [/^fault reach identity: nowhere\.invalid: the name is not found/],
    ],
    [
      "a Keystone that is not there",
      { auth: { auth_url: "http://127.0.0.1:1/v3" } },
      [/^fault reach identity: 127\.0\.0\.1:1/],
    ],
    ["a reader", { auth: { username: "demo-reader" } }, [/^fault sign-in roles: reader: reads, and changes nothing/]],
  ])("finds %s", async (_what, change, expected) => {
    const ran = await practice.look(change);
    expect(ran.code).toBe(1);
    for (const one of expected) expect(troubles(ran)).toContainEqual(expect.stringMatching(one));
  });

  test("finds an endpoint for another interface only", async () => {
    const root = await admin();
    const compute = await root.find("identity", "/services", "services", "nova");
    const { body } = await root.call("identity", "GET", `/endpoints?service_id=${compute}&interface=public`);
    for (const { id } of body.endpoints as { id: string }[]) await root.call("identity", "DELETE", `/endpoints/${id}`);
    expect(troubles(await practice.look())).toContainEqual(
      expect.stringMatching(
        /^fault services compute: has no endpoint for public, RegionOne; there is compute \((?!public)/,
      ),
    );
  });

  test("finds a service that the catalogue lacks, and what does not work without it", async () => {
    const root = await admin();
    for (const name of ["cinderv3", "cinder", "volumev3"]) {
      const { body } = await root.call("identity", "GET", "/services");
      const found = (body.services as { id: string; name: string }[]).filter((one) => one.name === name);
      for (const { id } of found) await root.call("identity", "DELETE", `/services/${id}`);
    }
    const ran = await practice.look();
    expect(ran.code).toBe(1);
    expect(troubles(ran)).toContainEqual("fault services volume: is not in the catalogue");
    const refused = reportOf(ran).findings.find(({ subject }) => subject === "MISSING_SERVICE");
    expect(refused?.facts?.rows).toContain("occi/POST /storage/");
  });

  test("finds a compute service that is too old", async () => {
    const version = { id: "v2.1", status: "CURRENT", version: "2.30", min_version: "2.1", links: [] };
    practice.simulator.faults.add({
      match: { service: "compute", path: /\/v2\.1\/$/ },
      effect: { status: 200, body: { version } },
    });
    const ran = await practice.look();
    expect(ran.code).toBe(1);
    expect(troubles(ran)).toEqual(
      expect.arrayContaining([
        "fault services compute: making machines needs compute 2.37 to 2.52",
        "fault services compute: images of machines needs compute 2.45",
        expect.stringMatching(/^fault capabilities VERSION: this needs compute 2\.37 or later/),
      ]),
    );
  });

  test("finds a slow service, and one that is out", async () => {
    practice.simulator.faults.add({ match: { service: "image", path: "limit=1" }, effect: { delay: 5_000 } });
    practice.simulator.faults.add({ match: { service: "network" }, effect: { status: 503, body: "sorry" } });
    const ran = await practice.look();
    expect(ran.code).toBe(1);
    expect(troubles(ran)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^warning services image: .*, 5\d{3} ms: slow$/),
        expect.stringMatching(/^fault services network: .*sorry/),
        expect.stringMatching(/^fault tenant external networks: cannot be listed/),
      ]),
    );
  });

  test("gives up a service that never answers, and goes on", async () => {
    practice.simulator.faults.add({ match: { service: "image" }, effect: "hang-after" });
    const ran = await practice.look({}, { args: ["--json", "--timeout", "0.2", "--data-dir", "memory"] });
    expect(ran.code).toBe(1);
    expect(troubles(ran)).toContainEqual(expect.stringMatching(/^fault services image: .*the deadline passed$/));
    expect(reportOf(ran).findings.find(({ subject }) => subject === "flavours")?.grade).toBe("ok");
  });

  test("finds clocks apart", async () => {
    const ran = await practice.look({}, { clock: virtualClock(practice.clock.now() + 3_600_000) });
    expect(ran.code).toBe(0);
    expect(troubles(ran)).toEqual([
      expect.stringMatching(/^warning sign-in clock: the cloud's clock is 36\d\d s behind$/),
    ]);
  });

  test("finds full quotas, and nothing to make machines of", async () => {
    const root = await admin();
    const projectId = await root.find("identity", "/projects", "projects", "demo");
    await root.call("network", "PUT", `/quotas/${projectId}`, { quota: { network: 1 } });
    practice.simulator.faults.add({
      match: { service: "image", path: "/images" },
      effect: { status: 200, body: { images: [] } },
    });
    practice.simulator.faults.add({
      match: { service: "network", path: "/networks" },
      effect: { status: 200, body: { networks: [] } },
    });
    const ran = await practice.look();
    expect(ran.code).toBe(1);
    expect(troubles(ran)).toEqual([
      "fault tenant quota of network: 1 of 1 used: it is full",
      "warning tenant external networks: none: no floating addresses, and no way out for private networks",
      "fault tenant images: none: no machine can be made",
    ]);
  });

  test("tells others' eyes on a file, and settings that weaken", async () => {
    await practice.look();
    const password = readFileSync(practice.clouds, "utf8");
    chmodSync(practice.clouds, 0o644);
    writeFileSync(practice.clouds, password.replace('"region_name"', '"verify":false,"region_name"'));
    const env = { OS_CLIENT_CONFIG_FILE: practice.clouds, OS_CLOUD: "demo" };
    const ran = await vimana(["doctor", "--json", "--data-dir", "memory"], { env, clock: practice.clock });
    expect(troubles(ran)).toEqual([
      expect.stringMatching(/^warning configuration file: .*its mode 0644 lets others read/),
      expect.stringMatching(/^warning configuration tls: verify is false/),
    ]);
    chmodSync(practice.clouds, 0o600);
  });

  test.each([
    [["doctor", "nix"], "no cloud is named nix; there are: demo"],
    [["doctor", "demo", "--timeout", "x"], '--timeout: "x" is not'],
    [["doctor", "demo", "more"], 'unexpected argument "more"'],
  ])("%j is a wrong command line: %s", async (args, why) => {
    await practice.look();
    const { code, err } = await vimana(args, { env: { OS_CLIENT_CONFIG_FILE: practice.clouds } });
    expect(code).toBe(2);
    expect(err).toContain(why);
  });

  test("without any cloud there is nothing to look at", async () => {
    const none = join(practice.folder, "none.yaml");
    writeFileSync(none, "clouds: {}");
    const { code, err } = await vimana(["doctor"], { env: { OS_CLIENT_CONFIG_FILE: none } });
    expect([code, err]).toEqual([2, expect.stringContaining("say which cloud")]);
  });
});

describe("vimana doctor on the real OpenStack", () => {
  const real = realCloud();
  test.runIf(real !== undefined)("finds it to be well", { timeout: 120_000 }, async () => {
    if (real === undefined) return;
    const { code, out, err } = await vimana(["doctor", real.name, "--data-dir", "memory", "--json"], { env: real.env });
    const { findings } = JSON.parse(out) as Report;
    const [full, faults] = [true, false].map((isQuota) =>
      findings.filter(({ grade, subject }) => grade === "fault" && subject.startsWith("quota of ") === isQuota),
    );
    // Others may use the tenant up meanwhile.
    expect({ err, faults }).toEqual({ err: "", faults: [] });
    expect(code).toBe(full?.length === 0 ? 0 : 1);
  });
});
