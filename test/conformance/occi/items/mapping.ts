import { describe, expect, test } from "vitest";
import { eventually } from "../../../support/eventually.ts";
import { action, attribute, COMPUTE, codeOf, I, kind, linesOf, OS, RES, type Stage, shownIn, term } from "../stage.ts";
import { mixin } from "./types.ts";

/** What OCCI means in OpenStack, a row each; the title is the row's name. */

type Server = Readonly<Record<string, unknown>> & { readonly metadata: Readonly<Record<string, string>> };

export function mapping(stage: Stage): void {
  const idOf = (path: string): string => path.split("/").at(-1) ?? "";
  const read = (path: string) => stage.send(`GET ${path}`);
  const server = async (path: string): Promise<Server> => {
    const { body } = await stage.backend.tenant.call("compute", "GET", `/servers/${idOf(path)}`);
    return body.server as Server;
  };
  const act = (path: string, name: string, ...lines: readonly string[]) =>
    stage.text(`POST ${path}?action=${name}`, action(path.split("/")[1] ?? "", name), ...lines);
  const acted = async (path: string, name: string, state: string, status: string, ...lines: readonly string[]) => {
    const reply = await act(path, name, ...lines);
    expect(reply.status, reply.body).toBe(200);
    await stage.state(path, state);
    await eventually(
      () => server(path),
      (one) => one.status === status && one["OS-EXT-STS:task_state"] !== "stopping",
    );
  };
  const make = async (path: string, ...lines: readonly string[]): Promise<string> => {
    const reply = await stage.text(`POST ${path}`, ...lines);
    expect(reply.status, reply.body).toBe(201);
    return stage.made(new URL(reply.headers.location ?? "").pathname);
  };
  const image = (): string => mixin(stage.backend.imageId, OS);
  const inline = (): string => `Link: <${stage.network}>; rel="${I}#network"; category="${I}#networkinterface"`;
  const memory = (gib: string): string => attribute("occi.compute.memory", gib);

  describe("mapping", () => {
    test("compute create: the title names the server, one possible network is used, several are 409", async () => {
      const path = await stage.newCompute("mapped", attribute("occi.core.summary", '"why"'));
      expect(await server(path)).toMatchObject({ name: "mapped" });
      expect(shownIn(await read(path), "occi.core.summary")).toBe('"why"');
      const range = attribute("occi.network.address", '"10.79.0.0/24"');
      await make("/network/", kind("network"), mixin("ipnetwork", `${I}/network#`), range);
      const several = await stage.text("POST /compute/", COMPUTE, image());
      expect([several.status, codeOf(several)]).toEqual([409, "several-networks"]);
    });

    stage.ours("sizes without template: a flavour of exactly these is made, and goes with the compute", async () => {
      const path = await make("/compute/", COMPUTE, image(), inline(), memory("3.6"));
      await stage.state(path, "active");
      expect(shownIn(await read(path), "occi.compute.memory")).toBe("3.6");
      const flavours = async () => (await stage.send("GET /-/")).body;
      expect(await flavours()).toContain("occi-made-1c-3686m-");
      expect((await stage.stranger("GET /-/")).body).not.toContain("occi-made-");
      expect((await stage.send(`DELETE ${path}`)).status).toBe(200);
      expect(await flavours()).not.toContain("occi-made-");
    });

    test("volume-only flavor: the compute boots from a volume of the image, and shows it", async () => {
      const { body } = await stage.backend.tenant.call("compute", "GET", "/flavors/detail");
      const flavours = body.flavors as readonly { readonly id: string; readonly disk: number }[];
      const diskless = flavours.find(({ disk }) => disk === 0);
      if (diskless === undefined) return;
      const path = await make("/compute/", COMPUTE, image(), mixin(term(diskless.id), RES), inline());
      await stage.state(path, "active");
      expect((await server(path)).image).toBe("");
      const shown = await read(path);
      expect(shown.body).toContain(`Category: ${stage.backend.imageId}; scheme="${OS}"`);
      expect(shown.body).toMatch(/self="\/storagelink\/[^"]+"/);
    });

    test("start, stop, suspend and pause: states and their words are Nova's own", async () => {
      const path = await stage.newCompute("states");
      expect(shownIn(await read(path), "occi.compute.state.message")).toBe('"ACTIVE"');
      await acted(path, "stop", "inactive", "SHUTOFF", attribute("method", '"poweroff"'));
      expect(shownIn(await read(path), "occi.compute.state.message")).toBe('"SHUTOFF"');
      await acted(path, "start", "active", "ACTIVE");
      await acted(path, "suspend", "suspended", "SUSPENDED");
      await acted(path, "start", "active", "ACTIVE");
      await acted(path, "suspend", "suspended", "PAUSED", attribute("method", '"suspend"'));
      await acted(path, "start", "active", "ACTIVE");
    });

    test("state: a compute in error says so, and is restarted cold", async () => {
      const path = await stage.newCompute("in error");
      const reset = { "os-resetState": { state: "error" } };
      const reply = await stage.backend.admin?.call("compute", "POST", `/servers/${idOf(path)}/action`, reset);
      expect(reply?.status).toBe(202);
      await stage.state(path, "error");
      expect(shownIn(await read(path), "occi.compute.state.message")).toMatch(/^"ERROR/);
      await acted(path, "restart", "active", "ACTIVE", attribute("method", '"cold"'));
    });

    test("restart: graceful and warm ask the guest, cold does not", async () => {
      const path = await stage.compute();
      for (const method of ["warm", "cold"]) {
        await acted(path, "restart", "active", "ACTIVE", attribute("method", `"${method}"`));
        await eventually(
          () => server(path),
          (one) => one["OS-EXT-STS:task_state"] === null,
        );
      }
    });

    test("save: an image, which is a new OS template at once", async () => {
      const path = await stage.newCompute("saved");
      const reply = await act(path, "save", attribute("name", '"saved image"'));
      expect(reply.status, reply.body).toBe(200);
      const [, name = ""] = /Category: (\S+);/.exec(reply.body) ?? [];
      try {
        await eventually(
          () => stage.send("GET /-/"),
          ({ body }) => body.includes(`Category: ${name};`),
        );
      } finally {
        await stage.backend.tenant.call("image", "DELETE", `/images/${name}`);
      }
    });

    test("os_tpl change: the compute is rebuilt", async () => {
      const { body } = await stage.backend.tenant.call("image", "GET", "/images");
      const images = body.images as readonly {
        readonly id: string;
        readonly min_ram: number;
        readonly min_disk: number;
      }[];
      const other = images.find(
        ({ id, min_ram, min_disk }) => id !== stage.backend.imageId && min_ram < 512 && min_disk < 2,
      );
      if (other === undefined) return;
      const path = await stage.newCompute("rebuilt");
      const reply = await stage.text(`POST ${path}`, mixin(other.id, OS));
      expect(reply.status, reply.body).toBe(200);
      expect((await server(path)).image).toMatchObject({ id: other.id });
    });

    test("storage: whole GiB, online as long as it can be used, grown, snapshot, backed up", async () => {
      const path = await stage.newVolume("mapped volume");
      expect((await act(path, "online")).status).toBe(200);
      expect((await act(path, "offline")).status).toBe(400);
      const grown = await act(path, "resize", attribute("size", "1.5"));
      expect(grown.status, grown.body).toBe(200);
      await stage.state(path, "online");
      expect(shownIn(await read(path), "occi.storage.size")).toBe("2.0");
      const snapshot = await act(path, "snapshot");
      expect(snapshot.status, snapshot.body).toBe(200);
      const [, snapshotId = ""] = /snapshot (\S+) is/.exec(String(snapshot.headers.warning)) ?? [];
      const gone = () => stage.backend.tenant.call("volumev3", "DELETE", `/snapshots/${snapshotId}`);
      await eventually(gone, ({ status }) => status === 202 || status === 404);
      await eventually(gone, ({ status }) => status === 404);
      // Neither cloud runs a backup service, and Cinder says so only afterwards.
      const backup = await act(path, "backup");
      expect([backup.status, codeOf(backup)]).toEqual([500, "resource-failed"]);
      await stage.state(path, "online");
    });

    test("network: down and up are its administrative state", async () => {
      const path = await make("/network/", kind("network"), attribute("occi.core.title", '"switched"'));
      expect((await act(path, "down")).status).toBe(200);
      await stage.state(path, "inactive");
      expect((await act(path, "down")).status).toBe(400);
      expect((await act(path, "up")).status).toBe(200);
      await stage.state(path, "active");
      const vlan = [kind("network"), attribute("occi.network.vlan", "77")];
      expect((await stage.text("POST /network/", ...vlan)).status).toBe(403);
    });

    test("networkinterface: a port, its id the port's; on the outside a floating address", async () => {
      const compute = await stage.newCompute("plugged");
      const mac = attribute("occi.networkinterface.mac", '"fa:16:3e:12:34:56"');
      const ends = (target: string) => [
        attribute("occi.core.source", `"${compute}"`),
        attribute("occi.core.target", `"${target}"`),
      ];
      const card = await make("/networkinterface/", kind("networkinterface"), mac, ...ends(stage.network));
      const { body } = await stage.backend.tenant.call("network", "GET", `/ports/${idOf(card)}`);
      expect(body.port).toMatchObject({ mac_address: "fa:16:3e:12:34:56", device_id: idOf(compute) });
      expect((await stage.send(`DELETE ${card}`)).status).toBe(200);
      const [outside = ""] = linesOf(await stage.send("GET /mixin/public_net/", [["Accept", "text/uri-list"]]));
      const floating = await make("/networkinterface/", kind("networkinterface"), ...ends(new URL(outside).pathname));
      expect((await read(floating)).body).toContain('scheme="http://schemas.openstack.org/network/floatingippool#"');
      expect((await stage.backend.tenant.call("network", "GET", `/floatingips/${idOf(floating)}`)).status).toBe(200);
      expect((await stage.send(`DELETE ${floating}`)).status).toBe(200);
      expect((await stage.backend.tenant.call("network", "GET", `/floatingips/${idOf(floating)}`)).status).toBe(404);
    });

    test("storagelink: an attachment, its device what Nova reports", async () => {
      const [compute, volume] = [await stage.compute(), await stage.newVolume("attached")];
      const ends = [attribute("occi.core.source", `"${compute}"`), attribute("occi.core.target", `"${volume}"`)];
      const link = await make("/storagelink/", kind("storagelink"), ...ends);
      expect(shownIn(await read(link), "occi.storagelink.deviceid")).toMatch(/^"\/dev\/\w+"$/);
      expect((await stage.send(`DELETE ${volume}`)).status).toBe(409);
      expect((await stage.send(`DELETE ${link}`)).status).toBe(200);
      await stage.state(volume, "online");
    });

    test("title, summary and hostname change; metadata of the server are attributes", async () => {
      const path = await stage.newCompute("described");
      const METADATA = mixin("metadata", "https://vimana.dev/occi#");
      const reply = await stage.text(
        `POST ${path}`,
        METADATA,
        attribute("occi.core.title", '"renamed"'),
        attribute("occi.compute.hostname", '"host.example"'),
        attribute("vimana.metadata.role", '"db"'),
        attribute("vimana.metadata.x--x___41_20b", '"upper case and a blank"'),
      );
      expect(reply.status, reply.body).toBe(200);
      expect(shownIn(reply, "occi.compute.hostname")).toBe('"host.example"');
      const { name, metadata } = await server(path);
      expect([name, metadata.role, metadata["A b"]]).toEqual(["renamed", "db", "upper case and a blank"]);
      const gone = await stage.text(`PUT ${path}`, COMPUTE, attribute("occi.core.title", '"renamed"'));
      expect(gone.body).not.toContain("vimana.metadata");
      expect((await server(path)).metadata.role).toBeUndefined();
    });
  });
}
