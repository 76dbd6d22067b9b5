import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CloudError, type ServerStatus } from "../../../src/cloud/index.ts";
import { CARD, LAN0, type Reply, startOcci, type TestOcci, WEB1, WEB2 } from "../../support/occiDoor.ts";

/** Entities that exist: reading, updating, acting, deleting, and not being seen by others. */

const I = "http://schemas.ogf.org/occi/infrastructure";
const COMPUTE = `Category: compute; scheme="${I}#"; class="kind"`;
const TEXT = [["Content-Type", "text/plain"]] as const;

let door: TestOcci;
beforeEach(async () => {
  door = await startOcci();
});
afterEach(() => door.close());

const say = (line: string, ...lines: readonly string[]): Promise<Reply> => door.send(line, TEXT, lines.join("\n"));
const act = (path: string, term: string, kind: string, ...lines: readonly string[]): Promise<Reply> =>
  say(`POST ${path}?action=${term}`, `Category: ${term}; scheme="${I}/${kind}/action#"; class="action"`, ...lines);

function become(id: string, status: ServerStatus, more: object = {}): void {
  const server = door.world.servers.get(id);
  if (server !== undefined)
    door.world.servers.set(id, { ...server, status, nativeStatus: status.toUpperCase(), ...more });
}

describe("state and what it allows", () => {
  const cases: readonly (readonly [ServerStatus, string, readonly string[]])[] = [
    ["active", "active", ["stop", "restart", "suspend", "save"]],
    ["stopped", "inactive", ["start", "save"]],
    ["building", "inactive", []],
    ["shelved", "inactive", ["start"]],
    ["paused", "suspended", ["start", "restart", "save"]],
    ["suspended", "suspended", ["start", "restart", "save"]],
    ["error", "error", ["stop", "restart"]],
    ["resizing", "active", []],
  ];

  test.each(cases)("%s is %s and links to %s", async (status, state, actions) => {
    become(WEB1, status);
    const { body } = await door.send(`GET /compute/${WEB1}`);
    expect(body).toContain(`occi.compute.state="${state}"`);
    expect([...body.matchAll(/\?action=(\w+)>/g)].map((match) => match[1])).toEqual(actions);
    for (const action of actions) {
      become(WEB1, status);
      expect((await act(`/compute/${WEB1}`, action, "compute")).status, action).toBe(200);
    }
  });

  test("a task under way allows nothing, and is told", async () => {
    become(WEB1, "active", { task: "powering-off", fault: 'said "no"' });
    const { body } = await door.send(`GET /compute/${WEB1}`);
    expect(body).not.toContain("?action=");
    expect(body).toContain('occi.compute.state.message="ACTIVE, powering-off, said \\"no\\""');
    expect((await act(`/compute/${WEB1}`, "stop", "compute")).status).toBe(400);
  });

  test.each([
    ["start", "suspended", "", "resume"],
    ["start", "paused", "", "unpause"],
    ["start", "shelved", "", "unshelve"],
    ["stop", "active", "poweroff", "stop"],
    ["restart", "active", "warm", "reboot-soft"],
    ["restart", "active", "cold", "reboot-hard"],
    ["restart", "error", "", "reboot-hard"],
    ["suspend", "active", "", "suspend"],
    ["suspend", "active", "suspend", "pause"],
  ] as const)("%s when %s, method %s, means %s", async (term, status, method, meant) => {
    become(WEB1, status);
    const lines = method === "" ? [] : [`X-OCCI-Attribute: method="${method}"`];
    door.world.failures.clear();
    expect((await act(`/compute/${WEB1}`, term, "compute", ...lines)).status).toBe(200);
    expect(door.world.calls).toContain(`servers.act ${meant}`);
  });

  test("an impossible action, an unknown method and another kind's action are refused", async () => {
    const refused = await act(`/compute/${WEB2}`, "stop", "compute");
    expect([refused.status, refused.body.split(":")[0]]).toEqual([400, "action-not-applicable"]);
    expect((await act(`/compute/${WEB1}`, "stop", "compute", 'X-OCCI-Attribute: method="explode"')).status).toBe(400);
    expect((await act(`/compute/${WEB1}`, "up", "network")).status).toBe(400);
    expect(door.world.calls.filter((call) => call.startsWith("servers.act"))).toEqual([]);
  });

  test("a network goes down and up", async () => {
    expect((await act(`/network/${LAN0}`, "down", "network")).status).toBe(200);
    const { body } = await door.send(`GET /network/${LAN0}`);
    expect(body).toContain('occi.network.state="inactive"');
    expect(body).toContain("?action=up>");
    expect((await act(`/network/${LAN0}`, "down", "network")).status).toBe(400);
    expect((await act(`/network/${LAN0}`, "up", "network")).status).toBe(200);
  });

  test("a collection acts only if every member can", async () => {
    expect((await act("/compute/", "stop", "compute")).status).toBe(400);
    expect(door.world.calls.filter((call) => call.startsWith("servers.act"))).toEqual([]);
    become(WEB2, "active");
    expect((await act("/os_tpl/cirros-0-6/", "stop", "compute")).status).toBe(200);
    expect([WEB1, WEB2].map((id) => door.world.servers.get(id)?.status)).toEqual(["stopped", "stopped"]);
    expect((await act("/", "stop", "compute")).status).toBe(400);
  });
});

describe("updates", () => {
  test.each(["plain", "json"])("what was read can be put back, in %s", async (rendering) => {
    const type = rendering === "json" ? "application/occi+json" : "text/plain";
    for (const path of [`/compute/${WEB1}`, `/compute/${WEB2}`, `/network/${LAN0}`, `/networkinterface/${CARD}`]) {
      const { body } = await door.send(`GET ${path}`, [["Accept", type]]);
      const types = [
        ["Accept", type],
        ["Content-Type", type],
      ] as const;
      const reply = await door.send(`PUT ${path}`, types, body);
      expect([reply.status, reply.body], path).toEqual([200, body]);
    }
    // Nor is anything written of what has not changed.
    expect(door.world.calls.filter((call) => call.includes("update"))).toEqual([]);
  });

  test("title and summary change; a full update without a summary takes it away", async () => {
    const said = ['X-OCCI-Attribute: occi.core.title="new"', 'X-OCCI-Attribute: occi.core.summary="why"'];
    const partial = await say(`POST /compute/${WEB1}`, ...said);
    expect(partial.status).toBe(200);
    expect(partial.body).toContain('occi.core.summary="why"');
    const full = await say(`PUT /compute/${WEB1}`, COMPUTE, 'X-OCCI-Attribute: occi.core.title="newer"');
    expect(full.body).toContain('occi.core.title="newer"');
    expect(full.body).not.toContain("summary");
    expect(full.body).toContain("Link: </network/");
  });

  test.each([
    [403, 'X-OCCI-Attribute: occi.compute.state="inactive"'],
    [403, `X-OCCI-Attribute: occi.core.id="urn:uuid:${WEB2}"`],
    [200, `X-OCCI-Attribute: occi.core.id="urn:uuid:${WEB1}"`],
    [200, "X-OCCI-Attribute: occi.compute.memory=1.0"],
    [400, "X-OCCI-Attribute: occi.compute.memory=40.0"],
    [404, 'Category: huge; scheme="http://schemas.openstack.org/template/resource#"; class="mixin"'],
    [404, 'Category: nobody; scheme="http://schemas.openstack.org/template/os#"; class="mixin"'],
    [200, 'Category: small1; scheme="http://schemas.openstack.org/template/resource#"; class="mixin"'],
    [403, `Category: user_data; scheme="${I}/compute#"; class="mixin"\nX-OCCI-Attribute: occi.compute.userdata="YQ=="`],
    [403, `Category: ipnetwork; scheme="${I}/network#"; class="mixin"`],
    [404, 'Category: a; scheme="http://example.com/b#"; class="mixin"'],
    [400, `Category: network; scheme="${I}#"; class="kind"`],
    [400, "X-OCCI-Attribute: example.test=1"],
  ])("%i for %s", async (status, lines) => {
    const reply = await say(`POST /compute/${WEB1}`, lines);
    expect(reply.status, reply.body).toBe(status);
    expect(door.world.calls).not.toContain("servers.update");
  });

  test("a new link is plugged in; it does not stay when the rest fails", async () => {
    const link = `Link: </network/${LAN0}>; rel="${I}#network"; category="${I}#networkinterface"`;
    expect((await say(`POST /compute/${WEB2}`, link)).body).toContain("self=");
    const before = door.world.ports.size;
    door.world.failures.set("servers.update", new CloudError("CONFLICT", "somebody else"));
    const reply = await say(`POST /compute/${WEB2}`, link, 'X-OCCI-Attribute: occi.core.title="x"');
    expect(reply.status).toBe(409);
    expect(door.world.ports.size).toBe(before);
  });

  test("paths are the cloud's to choose", async () => {
    const body = [COMPUTE, 'X-OCCI-Attribute: occi.core.title="x"'];
    expect((await say("PUT /123", ...body)).status).toBe(400);
    expect((await say("PUT /compute/7a1f0c52-0000-4000-8000-000000000000", ...body)).status).toBe(400);
    expect((await say(`GET /compute/${WEB1}/`)).status).toBe(404);
  });

  test("an outcome that a URI list cannot show is refused before anything is written", async () => {
    const headers = [...TEXT, ["Accept", "text/uri-list"]] as const;
    const reply = await door.send(`POST /compute/${WEB1}`, headers, 'X-OCCI-Attribute: occi.core.title="x"');
    expect(reply.status).toBe(400);
    expect(door.world.servers.get(WEB1)?.name).toBe("web1");
  });
});

describe("deleting", () => {
  test("a network in use stays; a deleted one is 404", async () => {
    const refused = await door.send(`DELETE /network/${LAN0}`);
    expect([refused.status, refused.body.split(":")[0]]).toEqual([409, "in-use"]);
    await door.send(`DELETE /compute/${WEB1}`);
    expect((await door.send(`DELETE /network/${LAN0}`)).status).toBe(200);
    expect((await door.send(`GET /network/${LAN0}`)).status).toBe(404);
  });

  test("whole collections only where the operator allows it, with the filter, and never a template's members", async () => {
    expect((await door.send("DELETE /compute/")).status).toBe(403);
    await door.close();
    door = await startOcci({ deleteMany: 100, deleteAll: true });
    expect((await door.send("DELETE /os_tpl/cirros-0-6/")).status).toBe(403);
    const filter = [["X-OCCI-Attribute", 'occi.core.title="web2"']] as const;
    expect((await door.send("DELETE /compute/", filter)).status).toBe(200);
    expect([...door.world.servers.keys()]).toEqual([WEB1]);
    expect((await door.send("DELETE /")).status).toBe(200);
    expect([door.world.servers.size, door.world.networks.size, door.world.ports.size]).toEqual([0, 0, 0]);
  });

  test("what stays of a collection is named", async () => {
    await door.close();
    door = await startOcci({ deleteMany: 100 });
    door.world.failures.set("servers.delete", new CloudError("STATE_CONFLICT", "locked"));
    const reply = await door.send("DELETE /compute/");
    expect([reply.status, reply.body]).toEqual([409, `state-conflict: locked; still there: /compute/${WEB1}`]);
    expect(door.world.servers.has(WEB2)).toBe(false);
  });
});

test("another tenant finds nothing, by any path and any method", async () => {
  const other = [["X-Auth-Token", "other"]] as const;
  const lists = ["/", "/compute/", "/network/", "/networkinterface/", "/os_tpl/cirros-0-6/", "/mixin/ipnetwork/"];
  for (const path of lists) expect((await door.send(`GET ${path}`, other)).body, path).toBe("");
  const before = structuredClone([door.world.servers, door.world.networks, door.world.ports]);
  for (const path of [`/compute/${WEB1}`, `/network/${LAN0}`, `/networkinterface/${CARD}`]) {
    for (const method of ["GET", "HEAD", "DELETE"])
      expect((await door.send(`${method} ${path}`, other)).status).toBe(404);
    const text = [...other, ...TEXT];
    expect((await door.send(`POST ${path}`, text, 'X-OCCI-Attribute: occi.core.title="x"')).status).toBe(404);
  }
  const action = `Category: stop; scheme="${I}/compute/action#"; class="action"`;
  expect((await door.send(`POST /compute/${WEB1}?action=stop`, [...other, ...TEXT], action)).status).toBe(404);
  const link = `${COMPUTE}\nLink: </network/${LAN0}>; rel="${I}#network"; category="${I}#networkinterface"`;
  expect((await door.send("POST /compute/", [...other, ...TEXT], link)).status).toBe(400);
  expect([door.world.servers, door.world.networks, door.world.ports]).toEqual(before);
});
