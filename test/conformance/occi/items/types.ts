import { describe, expect, test } from "vitest";
import {
  accept,
  action,
  attribute,
  COMPUTE,
  codeOf,
  I,
  JSON_TYPE,
  kind,
  linesOf,
  OS,
  RES,
  type Stage,
  shownIn,
  term,
} from "../stage.ts";

/** Items 98–107: kinds, mixins and profiles. */

interface Described {
  readonly term: string;
  readonly scheme: string;
  readonly title?: string;
  readonly attributes?: Readonly<Record<string, { readonly required?: boolean; readonly default?: unknown }>>;
}

export const mixin = (name: string, scheme: string): string => `Category: ${name}; scheme="${scheme}"; class="mixin"`;
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8b6GcqdZ3wYk1mVhBvYF0dKc5JrYw1nUeQ3lY0pXyz test";

export function types(stage: Stage): void {
  const discovered = async (): Promise<readonly Described[]> => {
    const { body } = await stage.send("GET /-/", accept(JSON_TYPE));
    const { kinds, mixins, actions } = JSON.parse(body);
    return [...kinds, ...mixins, ...actions];
  };
  const make = async (path: string, ...lines: readonly string[]): Promise<string> => {
    const reply = await stage.text(`POST ${path}`, ...lines);
    expect(reply.status, reply.body).toBe(201);
    return stage.made(new URL(reply.headers.location ?? "").pathname);
  };
  const read = (path: string) => stage.send(`GET ${path}`);
  const templates = (): readonly string[] => [
    mixin(stage.backend.imageId, OS),
    mixin(term(stage.backend.flavourId), RES),
  ];
  const inline = (): string => `Link: <${stage.network}>; rel="${I}#network"; category="${I}#networkinterface"`;
  const refused = async (...lines: readonly string[]) => {
    const reply = await stage.text("POST /compute/", COMPUTE, ...templates(), inline(), ...lines);
    if (reply.status === 201) stage.made(new URL(reply.headers.location ?? "").pathname);
    return [reply.status, codeOf(reply)];
  };

  describe("types", () => {
    test("98 only what a client can know is required; 0.1 GiB become 1 ([I]3, pOCCI)", async () => {
      const required = (await discovered()).flatMap(({ attributes = {} }) =>
        Object.entries(attributes).flatMap(([name, described]) => (described.required === true ? [name] : [])),
      );
      expect([...new Set(required)].sort()).toEqual([
        "occi.compute.userdata",
        "occi.core.source",
        "occi.core.target",
        "occi.credentials.ssh.publickey",
        "occi.storage.size",
        "size",
      ]);
      const path = await make("/storage/", kind("storage"), attribute("occi.storage.size", "0.1"));
      expect(shownIn(await read(path), "occi.storage.size")).toBe("1.0");
      await stage.state(path, "online");
    });

    test("99 a network has a range, gateway and allocation of either version, a card its address ([I]3.2.2, 3.4.1)", async () => {
      const ip = mixin("ipnetwork", `${I}/network#`);
      const four = [
        attribute("occi.network.address", '"10.77.0.0/24"'),
        attribute("occi.network.gateway", '"10.77.0.9"'),
      ];
      const ipv4 = await read(await make("/network/", kind("network"), ip, ...four));
      expect(shownIn(ipv4, "occi.network.gateway")).toBe('"10.77.0.9"');
      expect(shownIn(ipv4, "occi.network.allocation")).toBe('"dynamic"');
      const six = [
        attribute("occi.network.address", '"fd00:77::/64"'),
        attribute("occi.network.allocation", '"static"'),
      ];
      const ipv6 = await read(await make("/network/", kind("network"), ip, ...six));
      expect(shownIn(ipv6, "occi.network.address")).toBe('"fd00:77::/64"');
      expect(shownIn(ipv6, "occi.network.allocation")).toBe('"static"');
      const { body } = await read(await stage.compute());
      const card = /self="(\/networkinterface\/[^"]+)"/.exec(body)?.[1] ?? "";
      const shown = await read(card);
      expect(shown.body).toContain("Category: ipnetworkinterface;");
      for (const name of ["address", "gateway", "allocation"]) {
        expect(shownIn(shown, `occi.networkinterface.${name}`)).toBeDefined();
      }
    });

    test("100 templates show their sizes, exclude each other, decide the size, and are replaced ([I]3.5)", async () => {
      const resource = (await discovered()).find(
        ({ scheme, term: name }) => scheme === RES && name === term(stage.backend.flavourId),
      );
      expect(resource?.attributes?.["occi.compute.cores"]?.default).toBe(1);
      const other = (await discovered()).find(
        ({ scheme, term: name }) => scheme === OS && name !== stage.backend.imageId,
      );
      if (other !== undefined) expect((await refused(mixin(other.term, OS)))[0]).toBe(400);
      expect((await refused(attribute("occi.compute.cores", "99")))[0]).toBe(400);
      const small = await stage.backend.tenant.find("compute", "/flavors", "flavors", "m1.small");
      const path = await stage.newCompute("resized");
      const resized = await stage.text(`POST ${path}`, mixin(term(small), RES));
      expect(resized.status, resized.body).toBe(200);
      expect(resized.body).toContain(`Category: ${term(small)};`);
      expect(resized.body).not.toContain(`Category: ${term(stage.backend.flavourId)}; scheme="${RES}"`);
      expect(shownIn(resized, "occi.compute.memory")).toBe("2.0");
      expect(shownIn(resized, "occi.compute.state")).toBe('"active"');
    });

    test("101 a key and user data come with the 1.2 mixins, once ([I]3.5.3, 3.5.4)", async () => {
      const key = [mixin("ssh_key", `${I}/credentials#`), attribute("occi.credentials.ssh.publickey", `"${KEY}"`)];
      const data = [mixin("user_data", `${I}/compute#`), attribute("occi.compute.userdata", '"IyEvYmluL3NoCg=="')];
      expect((await refused(key[0] ?? "", data[0] ?? ""))[0]).toBe(400);
      expect((await refused(data[0] ?? "", attribute("occi.compute.userdata", '"no base64!"')))[0]).toBe(400);
      const path = await stage.newCompute("contextualised", ...key, ...data);
      const { body } = await read(path);
      expect(body).toContain("Category: ssh_key;");
      expect(body).not.toContain("IyEvYmluL3NoCg==");
      const late = await stage.text(`POST ${path}`, ...data);
      expect(late.status).toBe(403);
    });

    test("102 so do they with the pair of the 1.1 era; a name that is taken is 409 (ooi, grycap/im)", async () => {
      const INSTANCE = "http://schemas.openstack.org/compute/instance#";
      const CREDENTIALS = "http://schemas.openstack.org/instance/credentials#";
      const data = attribute("org.openstack.compute.user_data", '"IyEvYmluL3NoCg=="');
      const both = [mixin("user_data", INSTANCE), data, mixin("user_data", `${I}/compute#`)];
      expect((await refused(...both, attribute("occi.compute.userdata", '"YQ=="')))[0]).toBe(409);
      const name = `occi-102-${stage.hostname.split(" ")[1]}`;
      const key = [
        mixin("public_key", CREDENTIALS),
        attribute("org.openstack.credentials.publickey.name", `"${name}"`),
        attribute("org.openstack.credentials.publickey.data", `"${KEY}"`),
      ];
      try {
        const path = await stage.newCompute("1.1", mixin("user_data", INSTANCE), data, ...key);
        expect(shownIn(await read(path), "org.openstack.credentials.publickey.name")).toBe(`"${name}"`);
        expect((await refused(...key))[0]).toBe(409);
      } finally {
        await stage.backend.tenant.call("compute", "DELETE", `/os-keypairs/${name}`);
      }
    });

    test("103 templates are named by the cloud's ids and titled by its names (ooi)", async () => {
      const found = await discovered();
      const os = found.find(({ scheme, term: name }) => scheme === OS && name === stage.backend.imageId);
      const resource = found.find(({ scheme, title }) => scheme === RES && title === "m1.tiny");
      expect([os?.title, resource?.term]).toEqual(["cirros", term(stage.backend.flavourId)]);
      for (const { term: name } of found) expect(name).toMatch(/^[a-z0-9][a-z0-9_-]*$/);
    });

    test("104 security groups with rules as an array, links to them, reservations, zones (rOCCI-core)", async () => {
      const rules = [{ type: "inbound", protocol: "tcp", port: "443", range: "0.0.0.0/0" }];
      const json = { kind: `${I}#securitygroup`, attributes: { "occi.securitygroup.rules": rules } };
      const created = await stage.json("POST /securitygroup/", json);
      expect(created.status, created.body).toBe(201);
      const group = stage.made(new URL(created.headers.location ?? "").pathname);
      const shown = JSON.parse((await stage.send(`GET ${group}`, accept(JSON_TYPE))).body);
      const inbound = shown.attributes["occi.securitygroup.rules"].filter(
        ({ type }: { type: string }) => type === "inbound",
      );
      expect(inbound).toEqual(rules);
      expect(shownIn(await read(group), "occi.securitygroup.rules")).toContain('\\"port\\":\\"443\\"');
      const compute = await stage.compute();
      const ends = [attribute("occi.core.source", `"${compute}"`), attribute("occi.core.target", `"${group}"`)];
      const link = await make("/securitygrouplink/", kind("securitygrouplink"), ...ends);
      expect((await read(compute)).body).toContain(`self="${link}"`);
      expect((await stage.send(`DELETE ${group}`)).status).toBe(409);
      expect((await stage.send(`DELETE ${link}`)).status).toBe(200);
      expect((await read(link)).status).toBe(404);
      expect((await stage.stranger(`GET ${group}`)).status).toBe(404);
      const zone = (await discovered()).find(({ scheme }) => scheme === `${I}/availability_zone#`);
      expect((await read(`/availability_zone/${zone?.term}/`)).body).toContain(compute);
      expect((await discovered()).map(({ term: name }) => name)).toEqual(
        expect.arrayContaining(["region", "ipreservation"]),
      );
    });

    test("105 addresses of a pool are reserved, and lead to a compute by a link (ooi)", async () => {
      const POOLS = "http://schemas.openstack.org/network/floatingippool#";
      const pool = (await discovered()).find(({ scheme }) => scheme === POOLS);
      const reservation = await make("/ipreservation/", kind("ipreservation"), mixin(pool?.term ?? "", POOLS));
      expect(shownIn(await read(reservation), "occi.ipreservation.used")).toBe("false");
      const compute = await stage.compute();
      const source = attribute("occi.core.source", `"${compute}"`);
      const link = await make(
        "/networkinterface/",
        kind("networkinterface"),
        source,
        attribute("occi.core.target", `"${reservation}"`),
      );
      expect(shownIn(await read(link), "occi.core.target")).toBe(`"${reservation}"`);
      expect(shownIn(await read(reservation), "occi.ipreservation.used")).toBe("true");
      const down = await stage.text(`POST ${reservation}?action=down`, action("ipreservation", "down"));
      expect(down.status, down.body).toBe(200);
      expect(shownIn(await read(reservation), "occi.ipreservation.used")).toBe("false");
      const wrong = [source, attribute("occi.core.target", `"${stage.network}"`), mixin(pool?.term ?? "", POOLS)];
      expect((await stage.text("POST /networkinterface/", kind("networkinterface"), ...wrong)).status).toBe(400);
    });

    test("106 EGI's sorts of networks say what leads outside, and serve a compute without links (EGI)", async () => {
      const EGI = "http://schemas.fedcloud.egi.eu/occi/infrastructure";
      expect((await read(stage.network)).body).toContain("Category: nat_net;");
      expect(linesOf(await read("/mixin/public_net/")).length).toBeGreaterThan(0);
      const routed = await make(
        "/network/",
        kind("network"),
        mixin("nat_net", `${EGI}/network#`),
        mixin("ipnetwork", `${I}/network#`),
        attribute("occi.network.address", '"10.78.0.0/24"'),
      );
      expect((await read(routed)).body).toContain("Category: nat_net;");
      expect((await stage.send(`DELETE ${routed}`)).status).toBe(200);
      const wanted = [
        mixin("default_connectivity", `${EGI}/compute#`),
        attribute("eu.egi.fedcloud.compute.default_connectivity", '"satellite"'),
      ];
      expect((await refused(...wanted))[0]).toBe(400);
    });

    test("107 compute profiles are the smallest flavours that fit, one a compute, and the server says so (GFD.222)", async () => {
      const CRTP = `${I}/compute/template/1.1#`;
      const reply = await stage.send("GET /-/");
      expect(reply.headers.server).toContain("OCCI-CRTP/1.1");
      const small = (await discovered()).find(({ scheme, term: name }) => scheme === CRTP && name === "small");
      expect(small?.attributes?.["occi.compute.ephemeral_storage.size"]?.default).toBe(10);
      const two = [mixin("small", CRTP), mixin("medium", CRTP)];
      expect((await stage.text("POST /compute/", COMPUTE, inline(), ...two)).status).toBe(400);
      const alias = mixin("small", `${I}/compute/template/1.0#`);
      const path = await make("/compute/", COMPUTE, mixin(stage.backend.imageId, OS), alias, inline());
      await stage.state(path, "active");
      const shown = await read(path);
      expect(shown.body).toContain(`Category: small; scheme="${CRTP}"`);
      expect(Number(shownIn(shown, "occi.compute.memory"))).toBeGreaterThanOrEqual(1);
      expect((await read("/resource_tpl/small/")).body).toContain(path);
    });
  });
}
