import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MOST_MEMBERS, MOST_MIXINS } from "../../../src/occi/operate/userMixins.ts";
import { openStore } from "../../../src/store/index.ts";
import { CARD, FREE_VOLUME, LAN0, startOcci, type TestOcci, WEB1, WEB2 } from "../../support/occiDoor.ts";
import { virtualClock } from "../../support/virtualClock.ts";

/** Mixins of users: kept, bounded, and theirs alone. */

const TEXT = [["Content-Type", "text/plain"]] as const;
const JSON_TYPE = [["Content-Type", "application/occi+json"]] as const;
const SCHEME = "http://example.com/occi/t#";
const mixin = (term: string) => `Category: ${term}; scheme="${SCHEME}"; class="mixin"; location="/t/${term}/"`;
const at = (path: string) => `X-OCCI-Location: ${path}`;

let door: TestOcci;
beforeEach(async () => {
  door = await startOcci();
});
afterEach(() => door.close());

const define = (term: string) => door.send("POST /-/", TEXT, mixin(term));

test("they survive a restart, with who belongs to them", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "vimana-mixins-"));
  const open = () => openStore({ kind: "sqlite", dataDir, clock: virtualClock(0), ids: { uuid: randomUUID } });
  try {
    const { world } = door;
    await door.close();
    let store = await open();
    door = await startOcci({ store }, world);
    await define("kept");
    await door.send("POST /t/kept/", TEXT, at(`/compute/${WEB1}`));
    await door.close();
    await store.close();
    store = await open();
    door = await startOcci({ store }, world);
    expect((await door.send("GET /t/kept/")).body).toContain(WEB1);
    expect((await door.send(`GET /compute/${WEB1}`)).body).toContain("Category: kept;");
    expect((await door.send("GET /-/", [["X-Auth-Token", "other"]])).body).not.toContain("kept");
    await store.close();
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});

describe("bounds", () => {
  test("so many mixins, and no more", async () => {
    const mixins = Array.from({ length: MOST_MIXINS }, (_, n) => ({
      term: `m${n}`,
      scheme: SCHEME,
      location: `/t/m${n}/`,
    }));
    expect((await door.send("POST /-/", JSON_TYPE, JSON.stringify({ mixins }))).status).toBe(200);
    const reply = await define("more");
    expect([reply.status, reply.body.split(":")[0]]).toEqual([403, "quota-exceeded"]);
    expect((await door.send("POST /-/", TEXT, mixin("m0"))).status).toBe(200);
  });

  test("so many members, and no more", async () => {
    await define("full");
    const server = door.world.servers.get(WEB1);
    if (server === undefined) throw new Error("no server");
    const ids = Array.from(
      { length: MOST_MEMBERS + 1 },
      (_, n) => `7a1f0c52-0000-4a3e-9c39-${String(n).padStart(12, "0")}`,
    );
    for (const id of ids) door.world.servers.set(id, { ...server, id });
    const most = ids.slice(1).map((id) => `/compute/${id}`);
    expect((await door.send("POST /t/full/", JSON_TYPE, JSON.stringify(most))).status).toBe(200);
    const reply = await door.send("POST /t/full/", TEXT, at(`/compute/${ids[0]}`));
    expect([reply.status, reply.body.split(":")[0]]).toEqual([403, "quota-exceeded"]);
    expect((await door.send("DELETE /t/full/", TEXT, at(`/compute/${ids[1]}`))).status).toBe(200);
    expect((await door.send("POST /t/full/", TEXT, at(`/compute/${ids[0]}`))).status).toBe(200);
    expect((await door.send("GET /t/full/?number=1000")).body.split("\n").length).toBe(MOST_MEMBERS);
  });

  test.each([
    ["a title that no text can show", { title: "two\nlines" }],
    ["a title without end", { title: "x".repeat(300) }],
    ["a place without end", { location: `/${"x".repeat(300)}/` }],
    ["a name without end", { term: "x".repeat(500) }],
    ["two things to depend on", { depends: [`${SCHEME}a`, `${SCHEME}b`] }],
    ["something that is no category to depend on", { depends: ["x"] }],
    ["something that is no kind to apply to", { applies: [`${SCHEME}a`] }],
  ])("%s is refused", async (_, more) => {
    const body = { term: "a", scheme: SCHEME, location: "/t/a/", ...more };
    expect((await door.send("POST /-/", JSON_TYPE, JSON.stringify(body))).status).toBe(400);
    expect((await door.send("GET /-/")).status).toBe(200);
  });
});

test("what is deleted in the cloud is no member, and can still be taken out", async () => {
  await define("a");
  await door.send("POST /t/a/", TEXT, [at(`/compute/${WEB1}`), at(`/compute/${WEB2}`)].join("\n"));
  door.world.servers.delete(WEB2);
  expect((await door.send("DELETE /t/a/", TEXT, at(`/compute/${WEB2}`))).status).toBe(200);
  expect((await door.send("GET /t/a/")).body).toBe(at(`${door.base}/compute/${WEB1}`));
});

test("a create that fails leaves no membership, and one that works has it at once", async () => {
  await define("a");
  const storage = 'Category: storage; scheme="http://schemas.ogf.org/occi/infrastructure#"; class="kind"';
  const lines = [storage, `Category: a; scheme="${SCHEME}"`, "X-OCCI-Attribute: occi.storage.size=1.0"];
  const made = await door.send("POST /storage/", [...TEXT, ["Accept", "application/occi+json"]], lines.join("\n"));
  expect(JSON.parse(made.body).mixins).toContain(`${SCHEME}a`);
  const batch = {
    resources: [
      {
        kind: "http://schemas.ogf.org/occi/infrastructure#storage",
        mixins: [`${SCHEME}a`],
        attributes: { "occi.storage.size": 1 },
      },
      { kind: "http://schemas.ogf.org/occi/infrastructure#storage" },
    ],
  };
  expect((await door.send("POST /", JSON_TYPE, JSON.stringify(batch))).status).toBe(400);
  expect((await door.send("GET /t/a/")).body.split("\n").length).toBe(1);
});

test("an update that the cloud refuses leaves membership as it was", async () => {
  await define("a");
  const body = `Category: a; scheme="${SCHEME}"\nX-OCCI-Attribute: occi.storage.state="error"`;
  expect((await door.send(`POST /storage/${FREE_VOLUME}`, TEXT, body)).status).toBe(403);
  expect((await door.send("GET /t/a/")).body).toBe("");
});

test("inside of a link that is made with its compute they are refused by name, and nothing is made", async () => {
  await define("kept");
  const I = "http://schemas.ogf.org/occi/infrastructure#";
  const link = `Link: </network/${LAN0}>; rel="${I}network"; category="${I}networkinterface ${SCHEME}kept"`;
  const reply = await door.send("POST /compute/", TEXT, `Category: compute; scheme="${I}"; class="kind"\n${link}`);
  expect([reply.status, reply.body.split(":")[0], reply.body.includes(`${SCHEME}kept`)]).toEqual([
    501,
    "unsupported",
    true,
  ]);
  expect(door.world.calls).not.toContain("servers.create");
});

test.each(["text/plain", "application/occi+json"])(
  "of a link come back with its compute as they were, in %s",
  async (type) => {
    await define("kept");
    await door.send("POST /t/kept/", TEXT, at(`/networkinterface/${CARD}`));
    const { body } = await door.send(`GET /compute/${WEB1}`, [["Accept", type]]);
    expect(body).toContain("kept");
    const types = [
      ["Accept", type],
      ["Content-Type", type],
    ] as const;
    const reply = await door.send(`PUT /compute/${WEB1}`, types, body);
    expect([reply.status, reply.body]).toEqual([200, body]);
  },
);
