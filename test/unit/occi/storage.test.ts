import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CloudError } from "../../../src/cloud/index.ts";
import {
  ATTACHMENT,
  FREE_VOLUME,
  LAN0,
  type Reply,
  startOcci,
  type TestOcci,
  USED_VOLUME,
  WEB1,
  WEB2,
} from "../../support/occiDoor.ts";

/** Volumes, alone and in computes. */

const I = "http://schemas.ogf.org/occi/infrastructure";
const COMPUTE = `Category: compute; scheme="${I}#"; class="kind"`;
const STORAGE = `Category: storage; scheme="${I}#"; class="kind"`;
const LINK = `Category: storagelink; scheme="${I}#"; class="kind"`;
const attribute = (name: string, value: string): string => `X-OCCI-Attribute: ${name}=${value}`;
const size = (value: string): string => attribute("occi.storage.size", value);
const inline = (path: string, more = ""): string =>
  `Link: <${path}>; rel="${I}#storage"; category="${I}#storagelink"${more}`;

let door: TestOcci;
beforeEach(async () => {
  door = await startOcci();
});
afterEach(() => door.close());

const TEXT = [["Content-Type", "text/plain"]] as const;
const write = (line: string, ...lines: readonly string[]): Promise<Reply> => door.send(line, TEXT, lines.join("\n"));
const post = (path: string, ...lines: readonly string[]): Promise<Reply> => write(`POST ${path}`, ...lines);
const act = (path: string, term: string, ...lines: readonly string[]): Promise<Reply> =>
  post(`${path}?action=${term}`, `Category: ${term}; scheme="${I}/storage/action#"; class="action"`, ...lines);
const pathOf = ({ headers }: Reply): string => new URL(headers.location ?? "").pathname;
const read = async (path: string): Promise<string> => (await door.send(`GET ${path}`)).body;
const wordOf = ({ status, body }: Reply): readonly unknown[] => [status, body.split(":")[0]];
const FREE = `/storage/${FREE_VOLUME}`;
const USED = `/storage/${USED_VOLUME}`;

describe("a storage", () => {
  test("is made with a whole size, changed, grown, and gone", async () => {
    const reply = await post("/storage/", STORAGE, size("2.2"), attribute("occi.core.title", '"disk"'));
    expect(reply.status, reply.body).toBe(201);
    const path = pathOf(reply);
    const text = await read(path);
    expect(text).toContain("occi.storage.size=3.0");
    expect(text).toContain('occi.storage.state="online"');
    const grown = await post(path, size("4.5"), attribute("occi.core.summary", '"more"'));
    expect(grown.body).toContain("occi.storage.size=5.0");
    expect(grown.body).toContain('occi.core.summary="more"');
    expect(wordOf(await post(path, size("1.0")))).toEqual([400, "invalid-value"]);
    const full = await write(`PUT ${path}`, STORAGE, size("4.1"), attribute("occi.core.title", '"renamed"'));
    expect(full.status, full.body).toBe(200);
    expect(full.body).toContain('occi.core.title="renamed"');
    expect(full.body).not.toContain("occi.core.summary");
    expect(wordOf(await write(`PUT ${path}`, STORAGE))).toEqual([400, "missing-value"]);
    expect((await door.send(`DELETE ${path}`)).status).toBe(200);
    expect((await door.send(`GET ${path}`)).status).toBe(404);
  });

  test.each([
    ["nothing", [], "missing-value"],
    ["nought", [size("0")], "invalid-value"],
    ["less", [size("-1")], "invalid-value"],
    ["a word", [size('"big"')], "invalid-value"],
  ])("needs a size, and %s is none", async (_, lines, word) => {
    expect(wordOf(await post("/storage/", STORAGE, ...lines))).toEqual([400, word]);
    expect(door.world.volumes.size).toBe(2);
  });

  test("that cannot grow keeps its old name, too", async () => {
    door.world.failures.set("volumes.extend", new CloudError("QUOTA_EXCEEDED", "gigabytes"));
    expect((await post(FREE, size("30"), attribute("occi.core.title", '"new"'))).status).toBe(403);
    expect(door.world.volumes.get(FREE_VOLUME)).toMatchObject({ name: "vol1", sizeGiB: 20 });
  });

  test("acts: online and offline only as it is, snapshot, resize, backup", async () => {
    expect((await act(FREE, "online")).status).toBe(200);
    expect(wordOf(await act(FREE, "offline"))).toEqual([400, "action-not-applicable"]);
    const snapshot = await act(FREE, "snapshot");
    expect(snapshot.status).toBe(200);
    const [made] = door.world.volumeSnapshots.values();
    expect(made).toMatchObject({ volumeId: FREE_VOLUME, name: "vol1-snapshot" });
    expect(snapshot.headers.warning).toContain(made?.id);
    expect((await act(FREE, "resize", attribute("size", "20.5"))).status).toBe(200);
    expect(await read(FREE)).toContain("occi.storage.size=21.0");
    expect(wordOf(await act(FREE, "resize", attribute("size", "3.0")))).toEqual([400, "invalid-value"]);
    expect(wordOf(await act(FREE, "resize"))).toEqual([400, "missing-value"]);
    const backup = await act(FREE, "backup");
    expect(backup.status).toBe(200);
    expect(backup.headers.warning).toMatch(/the volume backup .* is available/);
    expect([...door.world.volumeBackups.values()]).toMatchObject([{ volumeId: FREE_VOLUME, name: "vol1-backup" }]);
  });

  test("tells in its state what it is doing", async () => {
    const volume = door.world.volumes.get(FREE_VOLUME);
    if (volume === undefined) throw new Error("the volume is missing");
    for (const [status, state] of [
      ["creating", "offline"],
      ["error", "error"],
      ["available", "online"],
    ] as const) {
      door.world.volumes.set(FREE_VOLUME, { ...volume, status, nativeStatus: `${status}-x` });
      const text = await read(FREE);
      expect(text).toContain(`occi.storage.state="${state}"`);
      expect(text).toContain(`occi.storage.state.message="${status}-x"`);
    }
  });

  test("that is only being made is deleted when it is there", async () => {
    const { volumes } = door.world;
    const volume = volumes.get(FREE_VOLUME);
    if (volume === undefined) throw new Error("the volume is missing");
    let looks = 0;
    const get = volumes.get.bind(volumes);
    volumes.get = (id) => {
      if (id !== FREE_VOLUME) return get(id);
      looks += 1;
      return looks < 4 ? { ...volume, status: "creating" } : get(id);
    };
    expect((await door.send(`DELETE ${FREE}`)).status).toBe(200);
    expect(looks).toBeGreaterThan(3);
    expect(volumes.has(FREE_VOLUME)).toBe(false);
  });

  test("of another tenant is not there", async () => {
    const theirs = [["X-Auth-Token", "other"]] as const;
    for (const path of [FREE, `/storagelink/${ATTACHMENT}`]) {
      for (const method of ["GET", "DELETE"]) expect((await door.send(`${method} ${path}`, theirs)).status).toBe(404);
    }
    expect(door.world.volumes.size).toBe(2);
  });
});

describe("a storage link", () => {
  const ends = (compute: string, storage: string): readonly string[] => [
    attribute("occi.core.source", `"/compute/${compute}"`),
    attribute("occi.core.target", `"/storage/${storage}"`),
  ];

  test("plugs a volume in, is shown at both ends, and unplugs it", async () => {
    const reply = await post("/storagelink/", LINK, ...ends(WEB2, FREE_VOLUME));
    expect(reply.status, reply.body).toBe(201);
    const path = pathOf(reply);
    const text = await read(path);
    expect(text).toContain(`occi.core.target="${FREE}"`);
    expect(text).toContain('occi.storagelink.state="active"');
    expect(await read(`/compute/${WEB2}`)).toContain(`<${FREE}>; rel="${I}#storage"; self="${path}"`);
    expect((await door.send(`DELETE ${FREE}`)).status).toBe(409);
    expect((await door.send(`DELETE ${path}`)).status).toBe(200);
    expect((await door.send(`GET ${path}`)).status).toBe(404);
    expect(await read(`/compute/${WEB2}`)).not.toContain("storagelink");
  });

  test.each([
    ["the same pair twice", WEB1, USED_VOLUME, [409, "already-exists"]],
    ["a volume of another compute", WEB2, USED_VOLUME, [409, "in-use"]],
    ["no such volume", WEB2, "nowhere", [400, "invalid-value"]],
    ["no such compute", "nowhere", FREE_VOLUME, [400, "invalid-value"]],
  ] as const)("is refused: %s", async (_, compute, storage, word) => {
    expect(wordOf(await post("/storagelink/", LINK, ...ends(compute, storage)))).toEqual(word);
    expect(door.world.calls).not.toContain("servers.attachVolume");
  });

  test("says what device it became; where it is mounted is the guest's to decide", async () => {
    const mount = attribute("occi.storagelink.mountpoint", '"/mnt"');
    const device = attribute("occi.storagelink.deviceid", '"/dev/vdx"');
    const made = await post("/storagelink/", LINK, device, ...ends(WEB2, FREE_VOLUME));
    expect(made.headers.warning).toBeUndefined();
    expect((await door.send(`DELETE ${new URL(made.headers.location ?? "").pathname}`)).status).toBe(200);
    const { status, headers } = await post("/storagelink/", LINK, mount, ...ends(WEB2, FREE_VOLUME));
    expect([status, headers.warning]).toEqual([201, expect.stringContaining("occi.storagelink.mountpoint")]);
    expect(wordOf(await post(`/storagelink/${ATTACHMENT}`, mount))).toEqual([501, "unsupported"]);
    expect(
      wordOf(await post(`/storagelink/${ATTACHMENT}`, attribute("occi.storagelink.deviceid", '"/dev/vdz"'))),
    ).toEqual([501, "unsupported"]);
    const same = attribute("occi.storagelink.deviceid", '"/dev/vdb"');
    expect((await post(`/storagelink/${ATTACHMENT}`, same)).status).toBe(200);
  });

  test("that never comes up does not stay", async () => {
    const { volumes } = door.world;
    const get = volumes.get.bind(volumes);
    volumes.get = (id) => {
      const volume = get(id);
      const isLate = id === FREE_VOLUME && door.world.calls.includes("servers.attachVolume");
      return isLate && volume !== undefined ? { ...volume, status: "available", attachments: [] } : volume;
    };
    expect(wordOf(await post("/storagelink/", LINK, ...ends(WEB2, FREE_VOLUME)))).toEqual([500, "resource-failed"]);
  });
});

describe("inline", () => {
  test("with a new compute: plugged in once it runs", async () => {
    const reply = await post("/compute/", COMPUTE, inline(FREE, '; occi.storagelink.deviceid="/dev/vdc"'));
    expect(reply.status, reply.body).toBe(201);
    const text = await read(pathOf(reply));
    expect(text).toContain(`<${FREE}>`);
    expect(text).toContain('occi.storagelink.deviceid="/dev/vdc"');
    expect(door.world.draft?.attachments).toEqual([{ networkId: LAN0 }]);
  });

  test("a volume that cannot be plugged in takes the compute with it", async () => {
    door.world.failures.set("servers.attachVolume", new CloudError("UPSTREAM_FAILED", "no"));
    expect((await post("/compute/", COMPUTE, inline(FREE))).status).toBe(502);
    expect([...door.world.servers.keys()]).toEqual([WEB1, WEB2]);
    expect(door.world.volumes.get(FREE_VOLUME)?.attachments).toEqual([]);
  });

  test.each([
    [409, [inline(USED)]],
    [409, [inline(FREE), inline(FREE)]],
    [400, [inline("/storage/nowhere")]],
    [400, [`Link: <${FREE}>; rel="${I}#storage"; category="${I}#storage"`]],
  ])("%i before anything is made", async (status, links) => {
    expect((await post("/compute/", COMPUTE, ...links)).status).toBe(status);
    expect(door.world.calls).not.toContain("servers.create");
  });

  test("added to a compute, with a network beside it: both or neither", async () => {
    const card = `Link: </network/${LAN0}>; rel="${I}#network"; category="${I}#networkinterface"`;
    door.world.failures.set("servers.attachVolume", new CloudError("STATE_CONFLICT", "not now"));
    const before = door.world.ports.size;
    expect((await post(`/compute/${WEB2}`, card, inline(FREE))).status).toBe(409);
    expect(door.world.ports.size).toBe(before);
    const reply = await post(`/compute/${WEB2}`, card, inline(FREE));
    expect(reply.status, reply.body).toBe(200);
    expect(reply.body).toContain(`<${FREE}>`);
    expect(door.world.ports.size).toBe(before + 1);
    // What was read may be sent back.
    const echo = reply.body.split("\n").filter((line) => /^(?:Link: <.storage|X-OCCI-Attribute)/.test(line));
    expect((await write(`PUT /compute/${WEB2}`, COMPUTE, ...echo)).status).toBe(200);
  });
});

describe("a cloud without volumes", () => {
  beforeEach(() => {
    for (const feature of ["volume.read", "volume.create", "volume.attach"] as const) {
      const explanation = "the catalogue has no block storage";
      door.world.verdicts.set(feature, { support: "no", reason: "MISSING_SERVICE", explanation });
    }
    door.world.failures.set("volumes.list", new CloudError("MISSING_SERVICE", "no such service"));
  });

  test("announces none, lists everything else, and says what is missing when asked", async () => {
    const text = await read("/-/");
    expect(text).not.toMatch(/Category: storage|storage\/action/);
    expect(text).toContain("Category: networkinterface;");
    const all = await door.send("GET /");
    expect(all.status).toBe(200);
    expect(all.body).not.toContain("/storage");
    expect(all.body).toContain(`/compute/${WEB1}`);
    expect(wordOf(await door.send("GET /storage/"))).toEqual([501, "missing-service"]);
  });
});
