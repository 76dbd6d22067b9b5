import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CloudError } from "../../../src/cloud/index.ts";
import { CARD as CARD_ID, LAN0, type Reply, startOcci, type TestOcci, WEB1, WEB2 } from "../../support/occiDoor.ts";

/** Links of a compute to networks: inline and on their own. */

const I = "http://schemas.ogf.org/occi/infrastructure";
const COMPUTE = `Category: compute; scheme="${I}#"; class="kind"`;
const CARD = `Category: networkinterface; scheme="${I}#"; class="kind"`;
const IP = `Category: ipnetworkinterface; scheme="${I}/networkinterface#"; class="mixin"`;
const attribute = (name: string, value: string): string => `X-OCCI-Attribute: ${name}=${value}`;

let door: TestOcci;
beforeEach(async () => {
  door = await startOcci();
});
afterEach(() => door.close());

const TEXT = [["Content-Type", "text/plain"]] as const;
const post = (path: string, ...lines: readonly string[]): Promise<Reply> =>
  door.send(`POST ${path}`, TEXT, lines.join("\n"));
const idOf = ({ headers }: Reply): string => headers.location?.split("/").at(-1) ?? "";
const pathOf = (reply: Reply): string => new URL(reply.headers.location ?? "").pathname;
const read = async (path: string): Promise<string> => (await door.send(`GET ${path}`)).body;

describe("links", () => {
  const inline = (path: string, more = "") =>
    `Link: <${path}>; rel="${I}#network"; category="${I}#networkinterface${more === "" ? "" : ` ${I}/networkinterface#ipnetworkinterface`}"${more}`;

  test("inline, with a made-up id and source, by path, URL or URN", async () => {
    for (const target of [`/network/${LAN0}`, `${door.base}/network/${LAN0}`, `urn:uuid:${LAN0}`]) {
      const made = '; occi.core.id="x1"; occi.core.source="compute/x2"; occi.networkinterface.address="192.0.2.99"';
      const reply = await post("/compute/", COMPUTE, inline(target, made));
      expect(reply.status, reply.body).toBe(201);
      expect(door.world.draft?.attachments).toEqual([{ networkId: LAN0, fixedIp: "192.0.2.99" }]);
    }
  });

  test("a MAC makes a port first, and a failed create leaves none behind", async () => {
    const before = door.world.ports.size;
    door.world.failures.set("servers.create", new CloudError("QUOTA_EXCEEDED", "Quota exceeded for cores"));
    const mac = '; occi.networkinterface.mac="02:00:00:00:00:01"';
    const reply = await post("/compute/", COMPUTE, inline(`/network/${LAN0}`, mac));
    expect([reply.status, reply.body]).toEqual([403, "quota-exceeded: Quota exceeded for cores"]);
    expect(door.world.calls).toContain("ports.create");
    expect(door.world.ports.size).toBe(before);
  });

  test.each([
    [400, "/network/nowhere"],
    [400, `/compute/${WEB1}`],
    [400, "http://elsewhere.example/network/1"],
    [400, "urn:uuid:../servers"],
  ])("%i for the target %s", async (status, target) => {
    expect((await post("/compute/", COMPUTE, inline(target))).status).toBe(status);
    expect(door.world.calls).not.toContain("servers.create");
  });

  test("on their own: plugged in with the address, shown at both ends, unplugged", async () => {
    const ends = [
      attribute("occi.core.source", `"/compute/${WEB2}"`),
      attribute("occi.core.target", `"/network/${LAN0}"`),
    ];
    const reply = await post(
      "/networkinterface/",
      CARD,
      IP,
      ...ends,
      attribute("occi.networkinterface.address", '"192.0.2.40"'),
    );
    expect(reply.status, reply.body).toBe(201);
    const text = await read(pathOf(reply));
    expect(text).toContain(`occi.core.source="/compute/${WEB2}"`);
    expect(text).toContain('occi.networkinterface.gateway="192.0.2.1"');
    expect(await read(`/compute/${WEB2}`)).toContain(`self="/networkinterface/${idOf(reply)}"`);
    expect((await door.send(`DELETE ${pathOf(reply)}`)).status).toBe(200);
    expect(await read(`/compute/${WEB2}`)).not.toContain("self=");
  });

  test.each([
    ["source", [attribute("occi.core.target", `"/network/${LAN0}"`)]],
    ["target", [attribute("occi.core.source", `"/compute/${WEB2}"`)]],
    [
      "elsewhere",
      [
        attribute("occi.core.source", '"http://e.example/compute/1"'),
        attribute("occi.core.target", `"/network/${LAN0}"`),
      ],
    ],
    [
      "is no network",
      [attribute("occi.core.source", `"/compute/${WEB2}"`), attribute("occi.core.target", '"/storage/1"')],
    ],
  ])("400 when an end is missing or foreign: %s", async (_, ends) => {
    expect((await post("/networkinterface/", CARD, ...ends)).status).toBe(400);
    expect(door.world.calls).not.toContain("servers.attach");
  });

  test("a card that the cloud pulls out in its own time is waited for", async () => {
    const { ports } = door.world;
    const port = ports.get(CARD_ID);
    if (port === undefined) throw new Error("the card is missing");
    ports.set(CARD_ID, { ...port, isOwned: true });
    let looks = 0;
    const slow = { ...port, deviceId: WEB1, deviceOwner: "compute:nova" };
    const get = ports.get.bind(ports);
    ports.get = (id) => {
      // The card is still there for the first looks after the detach.
      if (id !== CARD_ID || !door.world.calls.includes("servers.detach") || looks >= 3) return get(id);
      looks += 1;
      return slow;
    };
    expect((await door.send(`DELETE /networkinterface/${CARD_ID}`)).status).toBe(200);
    expect(looks).toBe(3);
    expect((await door.send(`GET /networkinterface/${CARD_ID}`)).status).toBe(404);
  });
});
