import { describe, expect, test } from "vitest";
import { accept, action, attribute, codeOf, I, JSON_TYPE, kind, linesOf, type Stage, shownIn } from "../stage.ts";

/** Items 78–87. */
export function links(stage: Stage): void {
  const ends = (source: string, target: string) => [
    attribute("occi.core.source", `"${source}"`),
    attribute("occi.core.target", `"${target}"`),
  ];
  const attach = (source: string, target: string) =>
    stage.text("POST /storagelink/", kind("storagelink"), ...ends(source, target));

  describe("links", () => {
    test("78 a link needs both ends, the source ours; URLs, paths and URNs name them ([h]3.4.5)", async () => {
      const [compute, volume] = [await stage.compute(), await stage.newVolume("to link")];
      const [source, target] = ends(compute, volume);
      for (const line of [source, target]) {
        expect((await stage.text("POST /storagelink/", kind("storagelink"), line ?? "")).status).toBe(400);
      }
      expect((await attach("http://elsewhere.example/compute/x", volume)).status).toBe(400);
      expect((await attach(compute, "/storage/nobody")).status).toBe(400);
      expect((await attach(compute, "http://127.0.0.1:1/storage/x")).status).toBe(400);
      const urn = (path: string) => `urn:uuid:${path.split("/").at(-1)}`;
      for (const [from, to] of [
        [compute, stage.base + volume],
        [stage.base + compute, urn(volume)],
        [urn(compute), volume],
      ]) {
        const reply = await attach(from ?? "", to ?? "");
        expect(reply.status, reply.body).toBe(201);
        const path = stage.made(new URL(reply.headers.location ?? "").pathname);
        await stage.state(path, "active");
        expect((await stage.send(`DELETE ${path}`)).status).toBe(200);
        await stage.state(volume, "online");
      }
    });

    test("79 a resource shows its outgoing links, a link both its ends with their kinds ([h]3.4.5)", async () => {
      const compute = await stage.compute();
      const { body } = await stage.send(`GET ${compute}`);
      const self = /self="(\/networkinterface\/[^"]+)"/.exec(body)?.[1];
      const link = await stage.send(`GET ${self}`);
      expect([shownIn(link, "occi.core.source"), shownIn(link, "occi.core.target")]).toEqual([
        `"${compute}"`,
        `"${stage.network}"`,
      ]);
      const json = JSON.parse((await stage.send(`GET ${self}`, accept(JSON_TYPE))).body);
      expect([json.source.kind, json.target.kind]).toEqual([`${I}#compute`, `${I}#network`]);
      expect((await stage.send(`GET ${stage.network}`)).body).not.toContain("self=");
    });

    test("80 one volume is attached once; a second card is another card (decision)", async () => {
      const [compute, volume] = [await stage.compute(), await stage.newVolume("once")];
      const first = await attach(compute, volume);
      expect(first.status, first.body).toBe(201);
      const path = stage.made(new URL(first.headers.location ?? "").pathname);
      await stage.state(path, "active");
      const second = await attach(compute, volume);
      expect(second.status, second.body).toBe(409);
      expect((await stage.send(`DELETE ${path}`)).status).toBe(200);
      const card = await stage.text(
        "POST /networkinterface/",
        kind("networkinterface"),
        ...ends(compute, stage.network),
      );
      expect(card.status, card.body).toBe(201);
      const other = stage.made(new URL(card.headers.location ?? "").pathname);
      expect(
        linesOf(await stage.send(`GET ${compute}`)).filter((line) => line.includes(`<${stage.network}>`)).length,
      ).toBe(2);
      expect((await stage.send(`DELETE ${other}`)).status).toBe(200);
    });
  });

  describe("actions", () => {
    const act = (path: string, name: string, ...lines: readonly string[]) =>
      stage.text(`POST ${path}?action=${name}`, ...lines);

    test("81 an action answers OK ([H]10.3.2)", async () => {
      const path = await stage.compute();
      const reply = await act(path, "stop", action("compute", "stop"), 'X-OCCI-Attribute: method="graceful"');
      expect([reply.status, reply.body]).toEqual([200, "OK"]);
      await stage.state(path, "inactive");
      expect((await stage.send(`GET ${path}`)).body).toContain("?action=start>");
      const start = await stage.occi(`POST ${path}?action=start`, action("compute", "start"));
      expect([start.status, start.body]).toEqual([200, "OK"]);
      await stage.state(path, "active");
    });

    test("82 path and message agree, on an action of this kind that is possible now ([h]3.4.4)", async () => {
      const path = await stage.compute();
      expect((await act(path, "stop", action("compute", "start"))).status).toBe(400);
      expect((await act(path, "stop")).status).toBe(400);
      expect((await act(path, "fly", action("compute", "fly"))).status).toBe(400);
      expect((await act(path, "online", action("storage", "online"))).status).toBe(400);
      expect((await act(path, "stop", action("storage", "stop"))).status).toBe(400);
      expect((await act(path, "stop", action("compute", "stop"), action("compute", "stop"))).status).toBe(400);
      const reply = await act(path, "start", action("compute", "start"));
      expect([reply.status, codeOf(reply)]).toEqual([400, "action-not-applicable"]);
      expect((await act("/compute/nobody", "stop", action("compute", "stop"))).status).toBe(404);
    });

    test("83 an action's attributes are known and right, or 400 ([H]10.3.2)", async () => {
      const path = await stage.compute();
      const stop = (line: string) => act(path, "stop", action("compute", "stop"), line);
      expect((await stop('X-OCCI-Attribute: method="explode"')).status).toBe(400);
      expect((await stop('X-OCCI-Attribute: colour="red"')).status).toBe(400);
      expect((await stop("X-OCCI-Attribute: method=1")).status).toBe(400);
      expect((await stage.send(`GET ${path}`)).body).toContain('occi.compute.state="active"');
    });

    test("84 an action twice or without a name is 400, and on a read it means nothing (decision)", async () => {
      const path = await stage.compute();
      for (const query of ["action=stop&action=start", "action=", "action"]) {
        expect((await stage.text(`POST ${path}?${query}`, action("compute", "stop"))).status, query).toBe(400);
        expect((await stage.send(`GET ${path}?${query}`)).status, query).toBe(200);
      }
    });

    stage.ours("85 save answers with the new template ([I]3.1)", async () => {
      const path = await stage.compute();
      const reply = await act(path, "save", action("compute", "save"), 'X-OCCI-Attribute: name="saved"');
      expect(reply.status, reply.body).toBe(200);
      expect(reply.body).toMatch(
        /^Category: [a-z0-9_-]+; scheme="http:\/\/schemas\.openstack\.org\/template\/os#"; class="mixin"; title="saved"/,
      );
      await stage.state(path, "active");
    });

    stage.ours("86 an action on a collection: all can do it, then all do ([H]11.3.3)", async () => {
      const two = [await stage.newCompute("one of two"), await stage.newCompute("two of two")];
      const others = linesOf(await stage.send("GET /compute/")).length;
      const stop = await stage.text("POST /compute/?action=stop", action("compute", "stop"));
      expect([stop.status, stop.body], stop.body).toEqual([200, "OK"]);
      for (const path of two) await stage.state(path, "inactive");
      const again = await stage.json("POST /compute/?action=stop", { action: `${I}/compute/action#stop` });
      // All are so already, which suites take for done; of a mixed collection one cannot.
      expect(again.status).toBe(200);
      await stage.text(`POST ${two[0]}?action=start`, action("compute", "start"));
      await stage.state(two[0] ?? "", "active");
      expect((await stage.text("POST /compute/?action=start", action("compute", "start"))).status).toBe(400);
      await stage.text(`POST ${two[0]}?action=stop`, action("compute", "stop"));
      await stage.state(two[0] ?? "", "inactive");
      expect((await stage.text("POST /compute/?action=start", action("compute", "start"))).status).toBe(200);
      expect(others).toBeGreaterThan(1);
      for (const path of [...two, await stage.compute()]) await stage.state(path, "active");
    });
  });
}
