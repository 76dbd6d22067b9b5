import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CloudError, type Verdict } from "../../../src/cloud/index.ts";
import { fakeVolume } from "../../support/fakeStorage.ts";
import { fakeFlavour, fakeImage, fakeServer } from "../../support/fakeThings.ts";
import { type Reply, startOcci, type TestOcci, WEB1, WEB2 } from "../../support/occiDoor.ts";

/** Sizes and images: how they are chosen, made, changed, and taken back when something fails. */

const I = "http://schemas.ogf.org/occi/infrastructure";
const COMPUTE = `Category: compute; scheme="${I}#"; class="kind"`;
const mixin = (term: string, scheme: string): string => `Category: ${term}; scheme="${scheme}"; class="mixin"`;
const flavour = (term: string): string => mixin(term, "http://schemas.openstack.org/template/resource#");
const image = (term: string): string => mixin(term, "http://schemas.openstack.org/template/os#");
const profile = (term: string): string => mixin(term, `${I}/compute/template/1.1#`);
const attribute = (name: string, value: string): string => `X-OCCI-Attribute: ${name}=${value}`;

let door: TestOcci;
beforeEach(async () => {
  door = await startOcci({ flavourPolicy: "make" });
});
afterEach(() => door.close());

const say = (line: string, ...lines: readonly string[]): Promise<Reply> =>
  door.send(line, [["Content-Type", "text/plain"]], lines.join("\n"));
const read = async (path: string): Promise<string> => (await door.send(`GET ${path}`)).body;
const pathOf = ({ headers }: Reply): string => new URL(headers.location ?? "").pathname;
const wants = (cores: number, memory: string, ...more: readonly string[]): Promise<Reply> =>
  say(
    "POST /compute/",
    COMPUTE,
    attribute("occi.compute.cores", String(cores)),
    attribute("occi.compute.memory", memory),
    ...more,
  );
const NO: Verdict = { support: "no", reason: "POLICY", explanation: "not for members" };
const made = () => [...door.world.flavours.values()].filter(({ name }) => name.startsWith("occi-made-"));

describe("a size that no flavour has", () => {
  test("is made for the tenant, used again, and goes with its last compute", async () => {
    const first = await wants(1, "3.6");
    expect(await read(pathOf(first))).toContain("occi.compute.memory=3.6");
    expect(made()).toMatchObject([{ vcpus: 1, ramMiB: 3686, diskGiB: 10, isPublic: false }]);
    const second = await wants(1, "3.6");
    expect(made()).toHaveLength(1);
    expect((await door.send(`DELETE ${pathOf(first)}`)).status).toBe(200);
    expect(made()).toHaveLength(1);
    expect((await door.send(`DELETE ${pathOf(second)}`)).status).toBe(200);
    expect(made()).toEqual([]);
  });

  test("is not made where a flavour has it", async () => {
    await wants(2, "4.0");
    expect(door.world.draft?.flavourId).toBe("medium2");
    expect(made()).toEqual([]);
  });

  test("is made by the operator where the caller may not, and refused where nobody may", async () => {
    door.world.verdicts.set("flavour.create", NO);
    expect((await wants(1, "3.6")).status).toBe(400);
    await door.close();
    const { world } = door;
    door = await startOcci({ flavourPolicy: "make", flavourMaker: async () => world.cloudOf("operator") }, world);
    expect((await wants(1, "3.6")).status).toBe(201);
    expect(made()).toMatchObject([{ projectIds: ["p1"] }]);
  });

  test("does not stay when the compute cannot be made", async () => {
    door.world.failures.set("servers.create", new CloudError("QUOTA_EXCEEDED", "no"));
    expect((await wants(1, "3.6")).status).toBe(403);
    expect(made()).toEqual([]);
  });
});

describe("a compute that is there", () => {
  test("is resized by a new template, and the resize is confirmed", async () => {
    const reply = await say(`POST /compute/${WEB1}`, flavour("medium2"));
    expect(reply.status, reply.body).toBe(200);
    expect(reply.body).toContain("Category: medium2;");
    expect(reply.body).not.toContain("Category: small1;");
    expect(reply.body).toContain("occi.compute.memory=4.0");
    expect(door.world.calls).toContain("servers.confirmResize");
  });

  test("is resized by sizes, as a new one would be chosen", async () => {
    const reply = await say(`POST /compute/${WEB1}`, attribute("occi.compute.memory", "2.5"));
    expect(reply.body).toContain("occi.compute.memory=2.5");
    expect(made()).toMatchObject([{ vcpus: 1, ramMiB: 2560 }]);
    await say(`POST /compute/${WEB1}`, flavour("small1"));
    expect(made()).toEqual([]);
  });

  test("that waits for its confirmation is only confirmed when the template is named again", async () => {
    const server = door.world.servers.get(WEB1);
    if (server === undefined) throw new Error("no web1");
    door.world.servers.set(WEB1, { ...server, status: "resized", nativeStatus: "VERIFY_RESIZE" });
    expect((await say(`POST /compute/${WEB1}`, flavour("small1"))).status).toBe(200);
    expect(door.world.calls.filter((call) => /esize/.test(call))).toEqual(["servers.confirmResize"]);
  });

  test("is reverted when the confirmation fails, and keeps its name", async () => {
    door.world.failures.set("servers.confirmResize", new CloudError("UPSTREAM_FAILED", "no"));
    const reply = await say(`POST /compute/${WEB1}`, flavour("medium2"), attribute("occi.core.title", '"x"'));
    expect(reply.status).toBe(502);
    expect(door.world.calls).toContain("servers.revertResize");
    expect(door.world.servers.get(WEB1)?.name).toBe("web1");
  });

  test("is rebuilt by a new image", async () => {
    const reply = await say(`POST /compute/${WEB2}`, image("debian-12"));
    expect(reply.body).toContain("Category: debian-12;");
    expect(door.world.calls).toContain("servers.rebuild");
    expect((await say(`POST /compute/${WEB2}`, image("debian-12"))).status).toBe(200);
    expect(door.world.calls.filter((call) => call === "servers.rebuild")).toHaveLength(1);
  });

  test("that is busy is left alone", async () => {
    const server = door.world.servers.get(WEB1);
    if (server === undefined) throw new Error("no web1");
    door.world.servers.set(WEB1, { ...server, status: "paused", nativeStatus: "PAUSED" });
    expect((await say(`POST /compute/${WEB1}`, flavour("medium2"))).status).toBe(409);
    expect((await say(`POST /compute/${WEB1}`, image("debian-12"))).status).toBe(409);
  });

  test("two new templates of one sort are refused", async () => {
    expect((await say(`POST /compute/${WEB1}`, image("debian-12"), image("cirros-0-6"))).status).toBe(400);
    expect((await say(`POST /compute/${WEB1}`, flavour("medium2"), profile("small"))).status).toBe(400);
  });

  test("a host name is changed, and taken away by a full update", async () => {
    const changed = await say(`POST /compute/${WEB2}`, attribute("occi.compute.hostname", '"other"'));
    expect(changed.body).toContain('occi.compute.hostname="other"');
    const full = await say(`PUT /compute/${WEB2}`, COMPUTE, attribute("occi.core.title", '"web2"'));
    expect(full.body).toContain('occi.compute.hostname="web2"');
  });
});

describe("compute profiles (GFD.222)", () => {
  test("are shown where a flavour fits, and lead to the smallest one", async () => {
    const text = await read("/-/");
    expect(text).toContain(
      'Category: small; scheme="http://schemas.ogf.org/occi/infrastructure/compute/template/1.1#"',
    );
    expect(text).not.toContain("Category: large;");
    const reply = await say("POST /compute/", COMPUTE, profile("medium"));
    expect(door.world.draft?.flavourId).toBe("medium2");
    const shown = await read(pathOf(reply));
    expect(shown).toContain("Category: medium;");
    expect(shown).toContain("Category: medium2;");
    expect(shown).toContain("occi.compute.ephemeral_storage.size=20.0");
    expect(await read("/resource_tpl/medium/")).toContain(pathOf(reply));
    expect((await say("POST /compute/", COMPUTE, profile("large"))).status).toBe(404);
    expect((await say("POST /compute/", COMPUTE, profile("small"), profile("medium"))).status).toBe(400);
  });

  test.each([
    "http://schemas.ogf.org/occi/infrastructure/compute/template/1.0#",
    "http://fedcloud.egi.eu/occi/infrastructure/compute/template/1.1#",
  ])("are understood by their other name %s", async (scheme) => {
    const reply = await say("POST /compute/", COMPUTE, mixin("small", scheme));
    expect(await read(pathOf(reply))).toContain("Category: small;");
  });

  test("resize, and end when the size becomes another one", async () => {
    const grown = await say(`POST /compute/${WEB1}`, profile("medium"));
    expect(grown.body).toContain("Category: medium;");
    const shrunk = await say(`POST /compute/${WEB1}`, flavour("small1"));
    expect(shrunk.body).not.toContain("template/1.1#");
  });

  test("and a flavour of the same name have places of their own", async () => {
    door.world.flavours.set("small", fakeFlavour({ id: "small", vcpus: 1, ramMiB: 1024, diskGiB: 10 }));
    const locations = [...(await read("/-/")).matchAll(/location="([^"]*)"/g)].map(([, location]) => location);
    expect(new Set(locations).size).toBe(locations.length);
    expect(locations).toContain("/resource_tpl/flavour/small/");
    const reply = await say("POST /compute/", COMPUTE, flavour("small"));
    expect(await read("/resource_tpl/flavour/small/")).toContain(pathOf(reply));
    expect(await read("/resource_tpl/small/")).not.toContain(pathOf(reply));
  });
});

describe("flavours without a disk", () => {
  beforeEach(() => {
    const { flavours, images } = door.world;
    flavours.set("f0", fakeFlavour({ id: "f0", vcpus: 1, ramMiB: 1024, diskGiB: 0 }));
    images.set("big", fakeImage({ id: "big", name: "big", virtualSizeBytes: 2 ** 31 + 1, minDiskGiB: 2 }));
  });

  test("boot from a volume as large as the image", async () => {
    expect((await say("POST /compute/", COMPUTE, flavour("f0"), image("big"))).status).toBe(201);
    expect(door.world.draft?.bootVolume).toEqual({ imageId: "big", sizeGiB: 3, deleteWithServer: true });
    expect(door.world.draft?.imageId).toBeUndefined();
  });

  test("are chosen where nothing else is left", async () => {
    door.world.flavours.delete("small1");
    door.world.flavours.delete("medium2");
    expect((await say("POST /compute/", COMPUTE)).status).toBe(201);
    expect(door.world.draft).toMatchObject({ flavourId: "f0", bootVolume: { imageId: "cirros-0-6", sizeGiB: 1 } });
    expect((await say("POST /compute/", COMPUTE, profile("small"))).status).toBe(201);
    expect(door.world.draft?.bootVolume).toMatchObject({ sizeGiB: 10 });
  });

  test("a server that booted from a volume is shown with its image", async () => {
    const id = "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a1009";
    const root = "7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a3009";
    const small = fakeFlavour({ id: "f0", vcpus: 1, ramMiB: 1024, diskGiB: 0 });
    door.world.servers.set(id, fakeServer(small, { id, projectId: "p1", volumeIds: [root] }));
    const attachments = [{ id: "a1", volumeId: root, serverId: id, device: "/dev/vda" }];
    const volume = { id: root, projectId: "p1", sizeGiB: 3, isBootable: true, imageId: "big", attachments };
    door.world.volumes.set(root, fakeVolume({ ...volume, status: "in-use" }));
    for (const text of [await read(`/compute/${id}`), await listed(id)]) {
      expect(text).toContain("template/os#");
      expect(text).toContain(`/storage/${root}`);
    }
  });

  const listed = async (id: string): Promise<string> => {
    const { body } = await door.send("GET /compute/", [["Accept", "application/occi+json"]]);
    const { resources }: { resources: readonly { id: string }[] } = JSON.parse(body);
    return JSON.stringify(resources.find((one) => one.id === `urn:uuid:${id}`));
  };
});
