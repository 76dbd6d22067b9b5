import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CloudError, type LogFields, silentLog } from "../../../src/cloud/index.ts";
import { fakeFlavour, fakeServer } from "../../support/fakeThings.ts";
import {
  admitFake,
  type HeaderList,
  LAN0,
  smallWorld,
  startOcci,
  type TestOcci,
  WEB1,
  WEB2,
} from "../../support/occiDoor.ts";

/** The query interface, collections and their pages, errors. */

const JSON_TYPE = "application/occi+json";

let door: TestOcci;
beforeEach(async () => {
  door = await startOcci();
});
afterEach(() => door.close());

describe("the query interface", () => {
  const filter = (line: string): HeaderList => [["Category", line]];

  test("filters exactly, and more widely on demand", async () => {
    const compute = 'compute; scheme="http://schemas.ogf.org/occi/infrastructure#"';
    const exact = (await door.send("GET /-/", filter(compute))).body.split("\n");
    expect(exact.map((line) => line.split(";")[0])).toEqual(["Category: compute"]);
    const wide = (await door.send("GET /-/?related=true", filter(compute))).body;
    for (const term of ["compute", "start", "os_tpl", "small1"]) expect(wide).toContain(`Category: ${term};`);
    expect(wide).not.toContain("Category: network;");
    expect((await door.send("GET /-/", filter('x; scheme="http://e.example/#"'))).status).toBe(404);
  });

  test("templates are the caller's own cloud's, by escaped ids", async () => {
    door.world.flavours.set(
      "m1.Tiny",
      fakeFlavour({ id: "m1.Tiny", name: "m1.tiny", vcpus: 1, ramMiB: 512, diskGiB: 1 }),
    );
    const { body } = await door.send("GET /-/");
    expect(body).toContain(
      'Category: m1_2e_54iny; scheme="http://schemas.openstack.org/template/resource#"; class="mixin"; title="m1.tiny"',
    );
    expect((await door.send("GET /resource_tpl/m1_2e_54iny/")).status).toBe(200);
    expect((await door.send("GET /resource_tpl/m1.Tiny/")).status).toBe(404);
  });
});

describe("collections", () => {
  const grow = (count: number): void => {
    const flavour = fakeFlavour({ id: "small1", vcpus: 1, ramMiB: 1024, diskGiB: 10 });
    for (let at = 0; at < count; at += 1) {
      const id = `00000000-0000-4000-8000-${at.toString().padStart(12, "0")}`;
      door.world.servers.set(id, fakeServer(flavour, { id, projectId: "p1" }));
    }
  };

  test("a thousand computes cost a constant number of lists, in every rendering", async () => {
    grow(1000);
    for (const type of ["text/plain", "text/uri-list", JSON_TYPE]) {
      door.world.calls.length = 0;
      expect((await door.send("GET /compute/", [["Accept", type]])).status).toBe(200);
      expect(door.world.calls).toEqual(
        type === JSON_TYPE ? ["floatingIps.list", "servers.list", "volumes.list"] : ["servers.names"],
      );
    }
    expect((await door.send("GET /compute/", [["Accept", "text/occi"]])).status).toBe(406);
  });

  test("pages name the next one, and the last names none", async () => {
    grow(3);
    const seen: string[] = [];
    let path = "/compute/?page=1&number=2";
    for (let turn = 0; path !== "" && turn < 9; turn += 1) {
      const reply = await door.send(`GET ${path}`, [["Accept", turn === 1 ? JSON_TYPE : "text/uri-list"]]);
      seen.push(
        ...[
          ...reply.body.matchAll(
            /\/compute\/([0-9a-f-]{36})(?=\r|\?action=start|$)|"id":"urn:uuid:([0-9a-f-]{36})","title"/g,
          ),
        ].map((m) => m[1] ?? m[2] ?? ""),
      );
      const next = reply.headers["x-occi-next"];
      path = typeof next === "string" ? next.slice(door.base.length) : "";
    }
    expect(seen).toEqual([...door.world.servers.keys()]);
  });

  test.each([
    [413, "number=1001"],
    [400, "number=0"],
    [400, "page=1&page=2"],
    [400, "colour=red"],
    [200, "page=1"],
    [200, "number=1"],
  ])("%i for ?%s", async (status, query) => {
    expect((await door.send(`GET /compute/?${query}`)).status).toBe(status);
  });

  test.each([
    ["/compute/", 'occi.compute.cores=1, occi.compute.state="inactive"', [`/compute/${WEB2}`]],
    ["/compute/", "occi.compute.memory=1.0", [`/compute/${WEB1}`, `/compute/${WEB2}`]],
    ["/", 'occi.network.address="192.0.2.0/24"', [`/network/${LAN0}`]],
    ["/link/", 'occi.networkinterface.state="error"', []],
  ])("%s filtered by %s", async (path, attributes, found) => {
    const reply = await door.send(`GET ${path}`, [["X-OCCI-Attribute", attributes]]);
    expect(reply.body.split("\n").filter((line) => line !== "")).toEqual(
      found.map((one) => `X-OCCI-Location: ${door.base}${one}`),
    );
  });

  test("JSON has each of its arrays once, whatever kinds there are", async () => {
    const group = { id: "sg1", name: "g", description: "", rules: [], tags: [], projectId: "p1", isStateful: true };
    door.world.securityGroups.set(group.id, group);
    const { body } = await door.send("GET /", [["Accept", JSON_TYPE]]);
    expect(body.match(/"resources":\[/g)?.length).toBe(1);
    expect(JSON.parse(body).resources.map(({ kind }: { kind: string }) => kind.split("#")[1])).toContain("compute");
  });

  test("a cloud that fails half-way is heard as a refusal while that is possible", async () => {
    const broken = await failingHalfWay(50);
    expect((await broken.send("GET /compute/", [["Accept", "text/uri-list"]])).status).toBe(503);
  });

  test("later it breaks the connection: half a list never looks whole", async () => {
    const broken = await failingHalfWay(5000);
    await expect(broken.send("GET /compute/", [["Accept", "text/uri-list"]])).rejects.toThrow(/aborted|reset|hang up/i);
    expect(broken.finished.at(-1)?.error?.reason).toBe("UNAVAILABLE");
  });

  /** A door whose cloud breaks off after so many servers. */
  async function failingHalfWay(count: number): Promise<TestOcci> {
    grow(count);
    const world = smallWorld();
    const { servers } = door.world;
    await door.close();
    door = await startOcci({
      admit: async (caller) => {
        const call = await admitFake(world)(caller);
        async function* broken() {
          for (const { id, name } of servers.values()) yield { id, name };
          throw new CloudError("UNAVAILABLE", "gone");
        }
        return { ...call, cloud: { ...call.cloud, servers: { ...call.cloud.servers, names: broken } } };
      },
    });
    return door;
  }
});

describe("errors", () => {
  test("keep to the negotiated rendering and carry the request's id", async () => {
    const path = "GET /compute/none";
    const plain = await door.send(path, [["Accept", "text/plain"]]);
    expect(plain.body).toBe("not-found: no server none");
    const occi = await door.send(path, [["Accept", "text/occi"]]);
    expect([occi.headers["x-occi-error"], occi.body]).toEqual([
      "not-found: no server none",
      "not-found: no server none",
    ]);
    const json = await door.send(path, [["Accept", JSON_TYPE]]);
    expect(JSON.parse(json.body)).toEqual({
      code: "not-found",
      message: "no server none",
      status: 404,
      reason: "NOT_FOUND",
      requestId: json.headers["x-request-id"],
    });
    expect((await door.send("GET /compute/none", [["Accept", "text/uri-list"]])).headers["content-type"]).toBe(
      "text/plain",
    );
  });

  test("say when to come back, and never tell what broke inside", async () => {
    door.world.failures.set("servers.names", new CloudError("UNAVAILABLE", "down", { retryAfterSeconds: 7 }));
    const down = await door.send("GET /compute/");
    expect([down.status, down.headers["retry-after"]]).toEqual([503, "7"]);
    const log: LogFields[] = [];
    const keep = { ...silentLog, error: (fields: LogFields) => log.push(fields) };
    const world = smallWorld();
    await door.close();
    door = await startOcci({
      admit: async (caller) => ({
        ...(await admitFake(world)(caller)),
        log: keep,
        get cloud(): never {
          throw new Error("password=hunter2");
        },
      }),
    });
    const broken = await door.send("GET /compute/");
    expect([broken.status, broken.body]).toEqual([500, "internal: internal error"]);
  });

  test("401 tells where to sign in, as old clients read it", async () => {
    const reply = await door.send("GET /compute/", [["X-Auth-Token", "wrong"]]);
    const challenges = reply.rawHeaders.filter((_, at) => reply.rawHeaders[at - 1] === "WWW-Authenticate");
    expect([reply.status, ...challenges]).toEqual([
      401,
      "Keystone uri='https://keystone.example:5000'",
      'Basic realm="OCCI"',
    ]);
    expect(challenges[0]).toMatch(/^(Keystone|snf-auth) uri=["'](.+)["']$/);
  });

  test.each(["evil example", "a/b", "x@y", "a:b:c"])("a Host that is none is refused: %s", async (host) => {
    expect((await door.send("GET /compute/", [["Host", host]])).status).toBe(400);
  });

  test("too many headers", async () => {
    const many = Array.from({ length: 1001 }, (_, at) => [`A${at}`, "1"] as const);
    expect((await door.send("GET /compute/", many)).status).toBe(431);
  });
});

test("a client that leaves takes its call along", async () => {
  const world = smallWorld();
  const left = Promise.withResolvers<void>();
  const began = Promise.withResolvers<void>();
  await door.close();
  door = await startOcci({
    admit: async (caller) => {
      began.resolve();
      await new Promise<void>((resolve) => caller.signal.addEventListener("abort", () => resolve()));
      left.resolve();
      return admitFake(world)(caller);
    },
  });
  const socket = connect(Number(new URL(door.base).port), "127.0.0.1");
  socket.write("GET /compute/ HTTP/1.1\r\nHost: a\r\nX-Auth-Token: good\r\n\r\n");
  await began.promise;
  socket.destroy();
  await left.promise;
});

test.each(["before its body is asked for", "in the middle of its body"])(
  "a caller who leaves %s is heard of",
  async (when) => {
    const world = smallWorld();
    const began = Promise.withResolvers<void>();
    await door.close();
    door = await startOcci({
      admit: async (caller) => {
        began.resolve();
        if (when.startsWith("before"))
          await new Promise<void>((resolve) => caller.signal.addEventListener("abort", () => resolve()));
        return admitFake(world)(caller);
      },
    });
    const socket = connect(Number(new URL(door.base).port), "127.0.0.1");
    const head = ["POST /compute/ HTTP/1.1", "Host: a", "X-Auth-Token: good", "Content-Type: text/plain"];
    socket.write([...head, "Content-Length: 1000", "", "Category: compute;"].join("\r\n"));
    await began.promise;
    socket.destroy();
    await expect.poll(() => door.finished).toMatchObject([{ operation: "occi/POST", error: { reason: "CANCELLED" } }]);
    expect(world.calls).not.toContain("servers.create");
  },
);
