import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { readMethods } from "../../src/cli/methods.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { type Ran, vimana } from "../support/cli.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

const FILTER = '{"imageQueryFilter":{"value":"(eq,name,cirros)"}}';

describe("vimana call", () => {
  let simulator: Simulator;
  let gateway: TestGateway;
  let folder: string;
  beforeAll(async () => {
    simulator = await startSimulator();
    gateway = await startTestGateway({ simulator });
    folder = mkdtempSync(join(tmpdir(), "vimana-call-"));
  });
  afterEach(() => simulator.faults.clear());
  afterAll(async () => {
    await gateway.close();
    await simulator.close();
    rmSync(folder, { recursive: true });
  });

  const call = (args: readonly string[], around: { env?: NodeJS.ProcessEnv; stdin?: string } = {}): Promise<Ran> =>
    vimana(["call", ...args], { ...around, env: { VIMANA_ADDRESS: gateway.grpc, ...around.env } });
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const answerOf = ({ code, out, err }: Ran): unknown => {
    expect({ code, err }).toEqual({ code: 0, err: "" });
    return JSON.parse(out);
  };

  test("takes the request as an argument, an option, a file and standard input", async () => {
    const ways = await Promise.all([
      call(["vi_vnfm", "QueryImages", FILTER]),
      call(["kubenvf.kubevim.api.pb.vi_vnfm", "queryimages", "-d", FILTER]),
      call(["vi_vnfm", "QueryImages", `@${file("filter.json", FILTER)}`, "--compact"]),
      call(["vi_vnfm", "QueryImages", "-"], { stdin: FILTER }),
    ]);
    const [first, ...others] = ways.map(answerOf);
    expect(first).toMatchObject({ softwareImagesInformation: [{ name: "cirros" }] });
    for (const other of others) expect(other).toEqual(first);
    expect(ways[2]?.out.trim()).not.toContain("\n");
  });

  test("without a request sends an empty one", async () => {
    expect(answerOf(await call(["identity", "GetCaller"]))).toMatchObject({ user: { name: "demo" } });
  });

  test("prints a server's stream as one object a line, and its failure as a failure", async () => {
    const { code, out, err } = await call(["occi", "ListEntities", '{"path": "/network/"}']);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const titles = out
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { entity: { title: string } }).entity.title);
    expect(titles.sort()).toEqual(["demo-net", "public"]);
    const failed = await call(["occi", "ListEntities", '{"path": "/nowhere/"}']);
    expect([failed.code, failed.out]).toEqual([1, ""]);
    expect(failed.err).toMatch(/^vimana call: NOT_FOUND.*request id +req-/s);
  });

  test("without a method or a service lists them, from the comments of the proto", async () => {
    expect((await call([])).out).toMatch(
      /vimana\.v1\.IdentityService +Tells callers whom the gateway takes them for\n/,
    );
    expect((await call(["vi_vnfm"])).out).toMatch(/QueryImages +Lists images\n/);
  });

  test("describes every method's request", async () => {
    const methods = readMethods();
    for (const { service, method, input } of methods.schema.operations) {
      const { code, out } = await call([service, method.name, "--describe"]);
      expect(code).toBe(0);
      for (const { jsonName } of input.fields) expect(out).toContain(`  ${jsonName}: `);
    }
    expect((await call(["vi_vnfm", "AllocateVirtualisedComputeResource", "--describe"])).out).toContain(
      "computeFlavourId: Identifier, required\n      The flavour's id.",
    );
  });

  test.each([
    [["vi_vnfm", "QueryImages", '{"imageQueryFilter":{"valu":"x"},"a":1}'], "has no imageQueryFilter.valu, a\n"],
    [["vi_vnfm", "QueryImages", '{"imageQueryFilter":{"value":7}}'], "imageQueryFilter.value: must be a text"],
    [["vi_vnfm", "QueryImages", "{"], "the request: not JSON"],
    [["vi_vnfm", "QueryImages", "[]"], "the request must be a JSON object"],
    [["vi_vnfm", "QueryImages", "{}", "-d", "{}"], "say one of them"],
    [["vi_vnfm", "QueryImages", "@/nowhere.json"], "/nowhere.json: ENOENT"],
    [["vi_vnfm", "QueryImage5"], "did you mean QueryImages?"],
    [["vi_vnfn"], "did you mean vi_vnfm?"],
    [["identity", "GetCaller", "--deadline", "0"], '--deadline: "0" is not'],
    [["identity", "GetCaller", "--address", "nowhere"], '--address: "nowhere" is not host:port'],
    [["identity", "GetCaller", "--metadata", "X-Auth-Token=abc"], "X-Auth-Token is a secret"],
    [["identity", "GetCaller", "--user", "demo"], "its password is missing"],
    [["identity", "GetCaller", "--cacert", "/x"], "the address is not https"],
  ])("refuses %j with 2, and sends nothing: %s", async (args, why) => {
    simulator.requests.clear();
    const { code, out, err } = await call(args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(why);
    expect(simulator.requests.total).toBe(0);
  });

  test("tells a failure with code, reason, field and request id", async () => {
    const { code, out, err } = await call(["vi_vnfm", "AllocateVirtualisedComputeResource"]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(
      /^vimana call: INVALID_ARGUMENT MISSING_VALUE: computeFlavourId: is required\n {2}field +computeFlavourId: is required\n {2}request id +req-[0-9a-f-]{36}\n$/,
    );
  });

  test("nobody at the address is a failed call, too", async () => {
    const { code, err } = await call(["identity", "GetCaller", "--address", "127.0.0.1:1"]);
    expect(code).toBe(1);
    expect(err).toMatch(/^vimana call: UNAVAILABLE: /);
  });

  test("a deadline ends the call on both sides", async () => {
    simulator.faults.add({ match: { service: "image" }, effect: "hang-after" });
    const { code, err } = await call(["vi_vnfm", "QueryImages", "--deadline", "0.3"]);
    expect(code).toBe(1);
    expect(err).toMatch(/^vimana call: DEADLINE_EXCEEDED.*request id +req-/s);
  });

  describe("shows credentials", () => {
    const who = async (env: NodeJS.ProcessEnv, ...flags: string[]): Promise<unknown> =>
      answerOf(await call(["identity", "GetCaller", ...flags], { env }));

    test("of a user, from the environment and from a file", async () => {
      const other = { user: { name: "other" }, project: { name: "other" } };
      const password = simulator.clouds().other?.password ?? "";
      expect(await who({ VIMANA_USER: "other", VIMANA_PASSWORD: password, VIMANA_PROJECT: "other" })).toMatchObject(
        other,
      );
      const path = file("password", `${password}\n`);
      expect(await who({}, "--user", "other@Default", "--password-file", path, "--project", "other")).toMatchObject(
        other,
      );
    });

    test("chooses the cloud", async () => {
      expect(await who({}, "--cloud", "simulator")).toMatchObject({ cloud: "simulator" });
      const env = { VIMANA_TOKEN: "abc" };
      expect((await call(["identity", "GetCaller", "--cloud", "nowhere"], { env })).err).toContain(
        'no cloud is named "nowhere"',
      );
    });

    test("and never says them again", async () => {
      const secret = "c4n4ry-s3cr3t";
      for (const env of [{ VIMANA_TOKEN: secret }, { VIMANA_USER: "demo", VIMANA_PASSWORD: secret }]) {
        const { code, out, err } = await call(["identity", "GetCaller"], { env });
        expect(code).toBe(1);
        expect(err).toContain("UNAUTHENTICATED");
        expect(out + err).not.toContain(secret);
      }
      const broken = await call(["identity", "GetCaller"], { env: { VIMANA_TOKEN: `${secret}\u0000` } });
      expect(broken.code).toBe(2);
      expect(broken.err).not.toContain(secret);
    });

    test("to another machine only over TLS, or when that is meant", async () => {
      const env = { VIMANA_TOKEN: "abc" };
      const refused = await call(["identity", "GetCaller", "--address", "vim.example:50051"], { env });
      expect(refused.code).toBe(2);
      expect(refused.err).toContain("vim.example is another machine and there is no TLS");
    });
  });

  test("completes services and methods", async () => {
    const words = async (...typed: string[]): Promise<string> => (await vimana(["complete", "--", ...typed])).out;
    expect(await words("call", "vimana.v1.I")).toMatch(/^vimana\.v1\.IdentityService\tTells callers/);
    expect(await words("call", "Ident")).toBe("IdentityService\t\n");
    expect(await words("call", "--compact", "identity", "GetC")).toMatch(/^GetCaller\tShows the caller/);
  });
});
