import { credentials, makeGenericClientConstructor, Metadata, type ServiceError } from "@grpc/grpc-js";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vi_vnfmService } from "../../generated/ts/kubevim/vi_vnfm.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { simulatedConfig } from "../support/backends.ts";
import { canary, listen } from "../support/canaries.ts";
import { vimana } from "../support/cli.ts";
import { type GatewayProcess, startGatewayProcess } from "../support/gatewayProcess.ts";
import { type Native, signIn } from "../support/native.ts";
import { cloudOf, partsOf } from "../support/site.ts";

/** Secrets in every credential, user data, key and header; afterwards none of them is where others could read it. */

const SECRETS = {
  configured: canary("configured"),
  basic: canary("basic"),
  credential: canary("credential"),
  wrongPassword: canary("wrong-password"),
  wrongToken: canary("wrong-token"),
  malformed: canary("malformed"),
  passed: canary("passed"),
  userData: canary("user-data"),
  adminPass: canary("admin-pass"),
  privateKey: canary("private-key"),
  header: canary("header"),
  cookie: canary("cookie"),
  idempotency: canary("idempotency"),
  query: canary("query"),
  blob: canary("blob"),
} as const;

const basic = (user: string, secret: string): string => `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}`;
const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("no secret sings", () => {
  const folder = mkdtempSync(join(tmpdir(), "vimana-canary-"));
  const heard: string[] = [];
  let simulator: Simulator;
  let gateway: GatewayProcess;
  let tenant: Native;
  let credentialId: string;

  beforeAll(async () => {
    simulator = await startSimulator();
    const root = await signIn(simulatedConfig("admin", cloudOf(simulator, "admin")));
    const projectId = await root.find("identity", "/projects", "projects", "demo");
    const roleId = await root.find("identity", "/roles", "roles", "member");
    const cloud = { ...cloudOf(simulator, "demo") };
    for (const [name, password] of [
      ["operator", SECRETS.configured],
      ["caller", SECRETS.basic],
    ] as const) {
      const user = { name, password, domain_id: "default", default_project_id: projectId };
      const { body } = await root.call("identity", "POST", "/users", { user });
      const path = `/projects/${projectId}/users/${(body.user as { id: string }).id}/roles/${roleId}`;
      expect((await root.call("identity", "PUT", path)).status).toBe(204);
    }
    const operator = { ...cloud, username: "operator", password: SECRETS.configured };
    tenant = await signIn(simulatedConfig("caller", { ...cloud, username: "caller", password: SECRETS.basic }));
    const me = await root.find("identity", "/users", "users", "caller");
    const application_credential = { name: "canary", secret: SECRETS.credential };
    const made = await tenant.call("identity", "POST", `/users/${me}/application_credentials`, {
      application_credential,
    });
    credentialId = (made.body.application_credential as { id: string }).id;
    gateway = await startGatewayProcess({ clouds: { sky: operator }, cloud: "sky", env: { VIMANA_DATA_DIR: folder } });
  });
  afterAll(async () => {
    await simulator.close();
    rmSync(folder, { recursive: true });
  });

  /** Sends; what is no success is kept as what callers may log. */
  async function send(url: string, method: string, headers: Record<string, string>, body?: unknown): Promise<number> {
    const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    const response = await fetch(url, { method, headers: { "content-type": "application/json", ...headers }, ...sent });
    const text = await response.text();
    const lines = [...response.headers].map(([name, value]) => `${name}: ${value}`);
    if (!response.ok) heard.push(text, ...lines);
    else heard.push(...lines.filter((line) => !/^x-subject-token:/.test(line)));
    return response.status;
  }

  /** Every way to say who one is, the wrong ones, too. */
  const callers = (): readonly Record<string, string>[] => [
    {},
    { "x-auth-token": tenant.token },
    { authorization: `Bearer ${tenant.token}` },
    { authorization: basic("caller", SECRETS.basic), "vimana-project": "demo" },
    { authorization: basic(credentialId, SECRETS.credential) },
    { authorization: basic("caller", SECRETS.wrongPassword) },
    { authorization: basic(credentialId, SECRETS.wrongPassword) },
    { "x-auth-token": SECRETS.wrongToken },
    { authorization: `Bearer ${SECRETS.wrongToken}` },
    { authorization: `Digest ${SECRETS.malformed}` },
    { authorization: SECRETS.malformed },
    { authorization: `Basic ${SECRETS.malformed}` },
  ];
  const extra = { "x-secret": SECRETS.header, cookie: `session=${SECRETS.cookie}` };

  async function machine(): Promise<Record<string, unknown>> {
    const { imageId, flavourId, networkId } = await partsOf(tenant);
    return {
      computeName: "canary",
      computeFlavourId: { value: flavourId },
      vcImageId: { value: imageId },
      interfaceData: [{ networkId: { value: networkId }, typeVirtualNic: "TYPE_VIRTUAL_NIC_BRIDGE" }],
      userData: { content: `#!/bin/sh\necho ${SECRETS.userData}\n` },
    };
  }

  test("while every door is used, rightly and wrongly", async () => {
    const statuses: number[] = [];
    for (const headers of callers()) {
      const all = { ...headers, ...extra };
      statuses.push(await send(`${gateway.http}/v1/caller`, "GET", all));
      statuses.push(await send(`${gateway.http}/vivnfm/v5/images?token=${SECRETS.query}`, "GET", all));
      statuses.push(await send(`${gateway.occi}/compute/`, "GET", { ...all, accept: "application/occi+json" }));
      statuses.push(await send(`${gateway.http}/openstack/compute/v2.1/servers?token=${SECRETS.query}`, "GET", all));
    }
    expect(new Set(statuses)).toEqual(new Set([200, 401]));

    const own = { "x-auth-token": tenant.token, ...extra };
    const key = (name: string) => ({ ...own, "idempotency-key": `${SECRETS.idempotency}-${name}` });
    const rest = `${gateway.http}/vivnfm/v5/compute`;
    const body = await machine();
    expect(await send(rest, "POST", key("rest"), body)).toBe(200);
    expect(await send(rest, "POST", key("rest"), body)).toBe(200);
    // The same key for another request; a message with keys that are not offered; one that is no message.
    expect(await send(rest, "POST", key("rest"), { ...body, computeName: "other" })).toBeGreaterThan(399);
    const certificateData = [{ privateKey: [SECRETS.privateKey], certificateFile: [], keystoreFile: [] }];
    const keys = { ...body, userData: { content: "x", certificateData } };
    expect(await send(rest, "POST", own, keys)).toBe(501);
    expect(await send(rest, "POST", own, { ...body, userData: { content: 7, password: SECRETS.adminPass } })).toBe(400);
    expect(await send(rest, "POST", own, `{"userData": {"content": "${SECRETS.userData}"`)).toBe(400);
    expect(await send(rest, "POST", own, { ...body, computeFlavourId: { value: "nope" } })).toBe(400);
  });

  test("while OCCI is told to contextualize", async () => {
    const { imageId, flavourId } = await partsOf(tenant);
    const headers = {
      "x-auth-token": tenant.token,
      accept: "application/occi+json",
      "content-type": "application/occi+json",
    };
    const create = (data: string) => ({
      kind: "http://schemas.ogf.org/occi/infrastructure#compute",
      mixins: [
        `http://schemas.openstack.org/template/os#${imageId}`,
        `http://schemas.openstack.org/template/resource#${flavourId}`,
        "http://schemas.openstack.org/compute/instance#user_data",
      ],
      attributes: { "occi.core.title": "canary", "org.openstack.compute.user_data": data },
    });
    expect(await send(`${gateway.occi}/compute/`, "POST", headers, create(base64(SECRETS.userData)))).toBe(201);
    expect(await send(`${gateway.occi}/compute/`, "POST", headers, create(`!${SECRETS.userData}`))).toBe(400);
  });

  test("while the cloud fails and repeats what it was told", async () => {
    const own = { "x-auth-token": tenant.token };
    const echo = { adminPass: SECRETS.adminPass, user_data: base64(SECRETS.userData), "x-auth-token": tenant.token };
    const message = `cannot make ${JSON.stringify(echo)}`;
    const occi = { ...own, accept: "application/occi+json" };
    for (const status of [400, 409, 500]) {
      for (const effect of [
        { status, body: { badRequest: { code: status, message } } },
        { status, body: echo },
      ]) {
        simulator.faults.add({ match: { service: "compute", method: "POST", path: /\/servers$/ }, effect, count: 1 });
        expect(await send(`${gateway.http}/vivnfm/v5/compute`, "POST", own, await machine())).toBeGreaterThan(399);
        simulator.faults.clear();
      }
      simulator.faults.add({ match: { service: "compute", path: "/servers" }, effect: { status, body: message } });
      expect(await send(`${gateway.occi}/compute/`, "GET", occi)).toBeGreaterThan(399);
      simulator.faults.clear();
    }
  });

  test("while OpenStack's own clients pass through", async () => {
    const native = `${gateway.http}/openstack`;
    const own = { "x-auth-token": tenant.token };
    const domain = { id: "default" };
    for (const password of [SECRETS.basic, SECRETS.passed]) {
      const identity = { methods: ["password"], password: { user: { name: "caller", domain, password } } };
      const scope = { project: { name: "demo", domain } };
      await send(`${native}/identity/v3/auth/tokens`, "POST", {}, { auth: { identity, scope } });
    }
    const { imageId: imageRef, flavourId: flavorRef } = await partsOf(tenant);
    const server = {
      name: "passed",
      imageRef,
      flavorRef,
      adminPass: SECRETS.adminPass,
      user_data: base64(SECRETS.userData),
    };
    await send(`${native}/compute/v2.1/servers`, "POST", own, { server: { ...server, networks: "none" } });
    await send(`${native}/identity/v3/credentials`, "POST", own, { credential: { type: "ec2", blob: SECRETS.blob } });
    await send(`${native}/identity/v2.0/tokens/${SECRETS.wrongToken}`, "GET", own);
  });

  test("while gRPC is used, rightly and wrongly", async () => {
    const Constructor = makeGenericClientConstructor(vi_vnfmService, "vi_vnfm");
    const client = new Constructor(gateway.grpc, credentials.createInsecure());
    const call = (headers: Record<string, string>, method: string, request: unknown): Promise<number> =>
      new Promise((resolve) => {
        const metadata = new Metadata();
        for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
        const unary = Reflect.get(client, method) as (...args: unknown[]) => void;
        unary.call(client, request, metadata, (error: ServiceError | null) => {
          if (error !== null) heard.push(error.details, JSON.stringify(error.metadata.toJSON()), error.message);
          resolve(error?.code ?? 0);
        });
      });
    for (const headers of callers()) {
      expect([0, 16]).toContain(await call({ ...headers, ...extra }, "queryVirtualisedComputeResource", {}));
    }
    const lists = { affinityOrAntiAffinityConstraints: [], interfaceIpam: [], interfaceData: [] };
    const userData = { content: SECRETS.userData, certificateData: [] };
    const body = { ...(await machine()), ...lists, userData };
    const own = { "x-auth-token": tenant.token, "idempotency-key": SECRETS.idempotency };
    const method = "allocateVirtualisedComputeResource";
    expect(await call(own, method, body)).toBe(0);
    expect(await call(own, method, { ...body, computeFlavourId: { value: "nope" } })).not.toBe(0);
    client.close();
  });

  test("while the command line is used", async () => {
    const password = join(folder, "..", "canary-password");
    writeFileSync(password, SECRETS.wrongPassword, { mode: 0o600 });
    const address = { VIMANA_ADDRESS: gateway.grpc };
    const runs = [
      await vimana(["call", "identity", "GetCaller"], { env: { ...address, VIMANA_TOKEN: SECRETS.wrongToken } }),
      await vimana(["call", "identity", "GetCaller", "--user", "caller", "--password-file", password], {
        env: address,
      }),
      await vimana(["call", "vi_vnfm", "QueryImages", `{"a": "${SECRETS.query}`], { env: address }),
    ];
    for (const { code, out, err } of runs) {
      expect(code).not.toBe(0);
      // The last one's argument is the caller's own; what is said of it is not.
      heard.push(out, err);
    }
    rmSync(password);
  });

  test("none is heard in logs, errors, metrics, the store, the cloud's request log, or the process' words", async () => {
    const metrics = await (await fetch(`${gateway.http}/metrics`)).text();
    const words = readFileSync(`/proc/${gateway.child.pid}/cmdline`, "utf8");
    expect(await gateway.stop()).toBe(0);
    const logs = gateway.said();
    // There is something to listen to.
    expect(logs.match(/"upstream request"/g)?.length).toBeGreaterThan(50);
    expect(logs).toContain('"audit":true');
    expect(heard.length).toBeGreaterThan(50);
    expect(metrics).toContain("vimana_");
    const files = readdirSync(folder);
    expect(files).toContain("vimana.db");
    const requests = simulator.requests.list().map(({ method, path, query }) => `${method} ${path}${query}`);
    const store = Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name), "latin1")]));
    // The query of what passes through is the caller's own word to the cloud.
    const passed = (line: string): boolean => !line.includes(`?token=${SECRETS.query}`);
    const places = {
      logs,
      errors: heard.join("\n"),
      metrics,
      words,
      requests: requests.filter(passed).join("\n"),
      ...store,
    };
    expect(listen(Object.values(SECRETS), places)).toEqual([]);
  });

  test("and each of them would be heard", () => {
    for (const secret of Object.values(SECRETS)) {
      for (const text of [
        secret,
        base64(secret),
        base64(`user:${secret}`),
        base64(`me:${secret}\n`),
        encodeURIComponent(secret),
      ])
        expect(listen([secret], { here: `… ${text} …` })).toEqual([`here: ${secret}`]);
    }
  });
});
