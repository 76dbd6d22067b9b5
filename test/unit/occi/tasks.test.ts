import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CloudError } from "../../../src/cloud/index.ts";
import { openStore } from "../../../src/store/index.ts";
import {
  FREE_VOLUME,
  type HeaderList,
  type Reply,
  startOcci,
  type TestOcci,
  USED_VOLUME,
  WEB1,
  WEB2,
} from "../../support/occiDoor.ts";
import { virtualClock } from "../../support/virtualClock.ts";

/** Writes that go on after their answer, and writes that are only tried. */

const I = "http://schemas.ogf.org/occi/infrastructure";
const ASYNC: HeaderList = [
  ["Content-Type", "text/plain"],
  ["Prefer", "respond-async"],
];
const STORAGE = `Category: storage; scheme="${I}#"; class="kind"\nX-OCCI-Attribute: occi.storage.size=1.0`;
const STOP = `Category: stop; scheme="${I}/compute/action#"; class="action"`;

let door: TestOcci;
beforeEach(async () => {
  door = await startOcci();
});
afterEach(() => door.close());

const taskOf = ({ headers }: Reply): string => (headers.location ?? "").slice(door.base.length);

/** What the task says once it no longer runs: every look lets the door go on. */
async function ended(path: string, headers: HeaderList = []): Promise<Reply> {
  for (let look = 0; look < 200; look += 1) {
    const reply = await door.send(`GET ${path}`, headers);
    if (reply.status !== 202) return reply;
    expect(reply.headers["retry-after"]).toBe("1");
  }
  throw new Error("the task does not end");
}

describe("a write whose client does not wait", () => {
  test("is 202 with a task, and then 301 to what was made", async () => {
    const reply = await door.send("POST /storage/", ASYNC, STORAGE);
    expect([reply.status, reply.headers["preference-applied"], reply.body]).toEqual([202, "respond-async", "OK"]);
    expect(taskOf(reply)).toMatch(/^\/-\/task\/[\w-]+$/);
    const end = await ended(taskOf(reply));
    expect(end.status).toBe(301);
    const entity = await door.send(`GET ${taskOf(end)}`);
    expect(entity.body).toContain("occi.storage.size=1.0");
  });

  test("runs while its client asks, and ends when the cloud does", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { world } = door;
    const { cloudOf } = world;
    world.cloudOf = (project) => {
      const cloud = cloudOf(project);
      const create: typeof cloud.volumes.create = async (draft) => {
        await held;
        return cloud.volumes.create(draft);
      };
      return { ...cloud, volumes: { ...cloud.volumes, create } };
    };
    const path = taskOf(await door.send("POST /storage/", ASYNC, STORAGE));
    for (let look = 0; look < 3; look += 1) expect((await door.send(`GET ${path}`)).status).toBe(202);
    release();
    expect((await ended(path)).status).toBe(301);
  });

  test("an update and an action lead to their entity, a deletion to nothing", async () => {
    const title = 'X-OCCI-Attribute: occi.core.title="x"';
    for (const [line, body] of [
      [`POST /storage/${FREE_VOLUME}`, title],
      [`POST /compute/${WEB1}?action=stop`, STOP],
    ] as const) {
      const end = await ended(taskOf(await door.send(line, ASYNC, body)));
      expect([end.status, taskOf(end)]).toEqual([301, line.split(/[ ?]/)[1]]);
    }
    const end = await ended(taskOf(await door.send(`DELETE /storage/${FREE_VOLUME}`, ASYNC)));
    expect([end.status, end.body]).toEqual([200, "OK"]);
    expect(door.world.volumes.has(FREE_VOLUME)).toBe(false);
  });

  test("several things are a list, in every rendering", async () => {
    const json = [
      ["Content-Type", "application/occi+json"],
      ["Prefer", "respond-async"],
    ] as const;
    const one = { kind: `${I}#storage`, attributes: { "occi.storage.size": 1 } };
    const path = taskOf(await door.send("POST /", json, JSON.stringify({ resources: [one, one] })));
    expect((await ended(path)).body.split("\n").length).toBe(2);
    const whole = await ended(path, [["Accept", "application/occi+json"]]);
    expect(JSON.parse(whole.body).resources).toMatchObject([one, one]);
  });

  test("a failure is told as the write itself would have told it", async () => {
    const path = taskOf(await door.send(`DELETE /storage/${USED_VOLUME}`, ASYNC));
    const end = await ended(path, [["Accept", "application/occi+json"]]);
    expect([end.status, JSON.parse(end.body)]).toMatchObject([409, { code: "in-use", reason: "IN_USE" }]);
    const lost = taskOf(await door.send("DELETE /storage/nobody", ASYNC));
    expect((await ended(lost)).status).toBe(404);
  });

  test("what is malformed is said at once", async () => {
    expect((await door.send("POST /storage/", ASYNC, "nonsense")).status).toBe(400);
    expect((await door.send("PATCH /storage/", ASYNC)).status).toBe(405);
  });

  test("a task is its project's, and nothing but read", async () => {
    const path = taskOf(await door.send("POST /storage/", ASYNC, STORAGE));
    expect((await door.send(`GET ${path}`, [["X-Auth-Token", "other"]])).status).toBe(404);
    expect((await door.send("GET /-/task/nobody")).status).toBe(404);
    expect((await door.send(`DELETE ${path}`)).status).toBe(405);
    expect((await ended(path)).status).toBe(301);
  });

  test("a read has no task, and too many tasks are 429", async () => {
    expect((await door.send("GET /storage/", ASYNC)).status).toBe(200);
    const { world } = door;
    const { cloudOf } = world;
    world.cloudOf = (project) => {
      const cloud = cloudOf(project);
      return { ...cloud, volumes: { ...cloud.volumes, create: () => new Promise(() => {}) } };
    };
    for (let at = 0; at < 20; at += 1) expect((await door.send("POST /storage/", ASYNC, STORAGE)).status).toBe(202);
    const reply = await door.send("POST /storage/", ASYNC, STORAGE);
    expect([reply.status, reply.headers["retry-after"]]).toEqual([429, "5"]);
  });

  test("after a restart it is explained, and what had ended still is known", async () => {
    await door.close();
    const store = await openStore({ kind: "memory", clock: virtualClock(0), ids: { uuid: randomUUID } });
    const { world } = door;
    door = await startOcci({ store, presence: { owner: "first", isGone: async () => false } }, world);
    const done = taskOf(await door.send("POST /storage/", ASYNC, STORAGE));
    expect((await ended(done)).status).toBe(301);
    const { cloudOf } = world;
    world.cloudOf = (project) => {
      const cloud = cloudOf(project);
      return { ...cloud, volumes: { ...cloud.volumes, create: () => new Promise(() => {}) } };
    };
    const cut = taskOf(await door.send("POST /storage/", ASYNC, STORAGE));
    await door.close();
    let isGone = false;
    door = await startOcci({ store, presence: { owner: "second", isGone: async () => isGone } }, world);
    expect((await door.send(`GET ${done}`)).status).toBe(301);
    expect((await door.send(`GET ${cut}`)).status).toBe(202);
    isGone = true;
    const lost = await door.send(`GET ${cut}`);
    expect([lost.status, lost.body]).toEqual([504, expect.stringContaining("POST /storage/")]);
  });
});

describe("a write that is only tried", () => {
  const DRY: HeaderList = [
    ["Content-Type", "text/plain"],
    ["Prefer", "dry-run"],
  ];

  test("says what it would make, and makes nothing", async () => {
    const before = structuredClone(door.world.volumes);
    const reply = await door.send("POST /storage/", DRY, STORAGE);
    expect([reply.status, reply.headers["preference-applied"]]).toEqual([200, "dry-run"]);
    expect(reply.body).toMatch(/^Category: storage;/);
    expect((await door.send("POST /", DRY, STORAGE)).status).toBe(200);
    expect(door.world.volumes).toEqual(before);
    expect(door.world.calls).not.toContain("volumes.create");
  });

  test("names the image and the flavour that would be chosen, and the network that must be there", async () => {
    const compute = `Category: compute; scheme="${I}#"; class="kind"`;
    const reply = await door.send("POST /compute/", DRY, `${compute}\nX-OCCI-Attribute: occi.compute.cores=2`);
    expect(reply.status, reply.body).toBe(200);
    expect(reply.body).toMatch(/Category: cirros-0-6; scheme="http:\/\/schemas\.openstack\.org\/template\/os#"/);
    expect(reply.body).toMatch(/Category: medium2; [^\n]*template\/resource#/);
    expect(reply.headers.warning).toContain("medium2");
    const link = `Link: </network/none>; rel="${I}#network"; category="${I}#networkinterface"`;
    expect((await door.send("POST /compute/", DRY, `${compute}\n${link}`)).status).toBe(400);
    const huge = await door.send("POST /compute/", DRY, `${compute}\nX-OCCI-Attribute: occi.compute.cores=200`);
    expect(huge.status).toBe(400);
    expect(door.world.calls.filter((call) => call.includes("create"))).toEqual([]);
  });

  test("is refused as the write would be", async () => {
    expect((await door.send("POST /storage/", DRY, STORAGE.replace("1.0", '"x"'))).status).toBe(400);
    expect((await door.send("POST /storage/", DRY, `${STORAGE}\nX-OCCI-Attribute: a.b=1`)).status).toBe(400);
    expect((await door.send("POST /compute/", DRY, STORAGE)).status).toBe(400);
  });

  test("only creates can be", async () => {
    for (const line of [
      `DELETE /compute/${WEB2}`,
      `POST /compute/${WEB1}?action=stop`,
      `PUT /storage/${FREE_VOLUME}`,
    ]) {
      expect((await door.send(line, DRY, STOP)).status, line).toBe(501);
    }
    expect(door.world.servers.get(WEB1)?.status).toBe("active");
    expect(door.world.servers.has(WEB2)).toBe(true);
  });
});

test("a failure of a task keeps no secret and no cause", async () => {
  door.world.failures.set("volumes.create", new CloudError("INTERNAL", "a fault", { cause: new Error("hidden") }));
  const path = taskOf(await door.send("POST /storage/", ASYNC, STORAGE));
  const end = await ended(path, [["Accept", "application/occi+json"]]);
  expect(end.status).toBe(500);
  expect(end.body).not.toContain("hidden");
});
