import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../support/backends.ts";
import type { HeaderList, Reply } from "../../support/occiClient.ts";
import { I, linesOf, OS, RES, type Stage, stageOn, term } from "./stage.ts";

/**
 * What two real clients say and how they read the answers, written down from their sources: grycap/im (IM/connectors/OCCI.py, the
 * last that was maintained) and rOCCI-api 4.3 with rOCCI-core (lib/occi/api/client). Their odd habits are meant to be here.
 */

const [simulator] = BACKENDS;

describe("clients", { timeout: 120_000 }, () => {
  if (simulator === undefined) throw new Error("there is always a simulator");
  const stage: Stage = stageOn(simulator);
  beforeAll(() => stage.open());
  afterAll(() => stage.close());

  describe("grycap/im", () => {
    const plain: HeaderList = [
      ["Accept", "text/plain"],
      ["Connection", "close"],
    ];
    const write: HeaderList = [...plain, ["Content-Type", "text/plain,text/occi"]];
    const get = (path: string) => stage.send(`GET ${path}`, plain);
    const post = (path: string, ...lines: readonly string[]) =>
      stage.send(`POST ${path}`, write, `${lines.join("\n")}\n`);

    /** `os.path.basename`. */
    const basename = (text: string) => text.slice(text.lastIndexOf("/") + 1);
    /** Its reader of attributes cuts at every `=`. */
    const attributeIn = ({ body }: Reply, name: string) =>
      body
        .split("\n")
        .find((line) => line.includes(`X-OCCI-Attribute: ${name}=`))
        ?.split("=")[1]
        ?.replaceAll('"', "");
    /** Its reader of links cuts at every `;` and `=`. */
    const linksIn = ({ body }: Reply, place: string) =>
      body
        .split("\n")
        .filter((line) => line.includes("Link:") && line.includes(place))
        .map(
          (line) =>
            new Map(
              line.split(";").map((part) => [part.split("=")[0]?.trim(), part.split("=")[1]?.replaceAll('"', "")]),
            ),
        )
        .filter((link) => link.has("self"));

    test("signs in by what HEAD says, and finds schemes in the query interface", async () => {
      const head = await stage.send("HEAD /-/", [
        ["X-Auth-Token", ""],
        ["Accept", "text/plain"],
      ]);
      // The simulator lets callers on this machine in without a sign-in; where it does not, they are told where to go.
      if (head.status === 401) expect(head.headers["www-authenticate"]).toMatch(/^Keystone uri='/);
      const { body } = await get("/-/");
      const os = body
        .split("\n")
        .find((line) => line.includes(`Category: ${stage.backend.imageId}`) && line.includes("os_tpl"));
      expect(os?.split(";").find((part) => part.trim().startsWith("scheme="))).toContain(OS);
      const location = body
        .split("\n")
        .find((line) => line.includes("Category: networkinterface;"))
        ?.split(";")
        .map((part) => part.split("="))
        .find(([name = ""]) => name.trim() === "location")?.[1];
      expect(location?.replaceAll('"', "")).toBe("/networkinterface/");
    });

    test("makes a volume, waits for it, starts a machine with it, and takes all of it down", async () => {
      const made = await post(
        "/storage/",
        `Category: storage; scheme="${I}#"; class="kind"`,
        `X-OCCI-Attribute: occi.core.id="im-vol-${randomUUID()}"`,
        'X-OCCI-Attribute: occi.core.title="im-disk-1"',
        "X-OCCI-Attribute: occi.storage.size=1",
      );
      expect(made.status, made.body).toBe(201);
      const volume = stage.made(`/storage/${basename(made.body)}`);
      expect(attributeIn(await get(volume), "occi.storage.state")).toBe("online");

      const [id, link] = [`im-${randomUUID()}`, `im-${randomUUID()}`];
      const key = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 im@here";
      const lines = [
        `Category: compute; scheme="${I}#"; class="kind"`,
        `Category: ${stage.backend.imageId}; scheme="${OS}"; class="mixin"`,
        'Category: user_data; scheme="http://schemas.openstack.org/compute/instance#"; class="mixin"',
        'Category: public_key; scheme="http://schemas.openstack.org/instance/credentials#"; class="mixin"',
        `Category: ${term(stage.backend.flavourId)}; scheme="${RES}"; class="mixin"`,
        `X-OCCI-Attribute: occi.core.id="${id}"`,
        'X-OCCI-Attribute: occi.core.title="im_userimage"',
        'X-OCCI-Attribute: occi.compute.hostname="vnode-0.localdomain"',
        `X-OCCI-Attribute: org.openstack.compute.user_data="${Buffer.from("#cloud-config\n").toString("base64")}"`,
        `X-OCCI-Attribute: org.openstack.credentials.publickey.data="${key}"`,
        `Link: <${volume}>; rel="${I}#storage"; self="/storagelink/${link}"; category="${I}#storagelink"; occi.core.target="${volume}"; occi.core.source="/compute/${id}"; occi.core.id="${link}";occi.storagelink.deviceid="/dev/vdb"`,
      ];
      let reply = await post("/compute/", ...lines);
      if (reply.status === 409) {
        // It asks for the networks, takes one, and tries again.
        const name = basename(linesOf(await get("/network/")).find((line) => line.includes(stage.network)) ?? "");
        const net = `im-${randomUUID()}`;
        const card = `Link: </network/${name}>; rel="${I}#network"; self="/networkinterface/${net}"; category="${I}#networkinterface"; occi.core.target="/network/${name}"; occi.core.source="/compute/${id}"; occi.core.id="${net}"`;
        reply = await post("/compute/", ...lines, card);
      }
      expect(reply.status, reply.body).toBe(201);
      const path = stage.made(`/compute/${basename(reply.headers.location ?? "")}`);
      expect(basename(reply.body)).toBe(basename(path));

      const machine = await get(path);
      expect(attributeIn(machine, "occi.compute.state")).toBe("active");
      expect(attributeIn(machine, "occi.core.title")).toBe("im_userimage");
      expect(Number(attributeIn(machine, "occi.compute.memory"))).toBeLessThan(128);
      expect(Number.isInteger(Number(attributeIn(machine, "occi.compute.cores")))).toBe(true);
      const [card] = linksIn(machine, "/network/");
      // A card counts only with a number in its device's name and an address.
      expect(card?.get("occi.networkinterface.interface")).toMatch(/\d/);
      expect(card?.get("occi.networkinterface.address")).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      const [disk] = linksIn(machine, "/storage/");
      expect(disk?.get("occi.core.target")).toBe(volume);
      expect(disk?.get("occi.storagelink.deviceid")).toMatch(/^\/dev\/\w+$/);

      expect((await stage.send(`DELETE ${volume}`, plain)).status).toBe(409);
      // It puts a slash before the link's own path; 404 means to it that the disk is off.
      const self = `/${disk?.get("self")}`;
      expect((await get(self)).status).toBe(200);
      expect((await stage.send(`DELETE ${self}`, plain)).status).toBe(200);
      expect((await get(self)).status).toBe(404);
      expect([200, 204, 404]).toContain((await stage.send(`DELETE ${path}`, plain)).status);
      expect((await stage.send(`DELETE ${volume}`, plain)).status).toBe(200);
      expect((await get(path)).status).toBe(404);
    });

    test("stops, starts and restarts by actions without blanks", async () => {
      const path = await stage.compute();
      const act = (name: string) =>
        post(`${path}?action=${name}`, `Category: ${name};scheme="${I}/compute/action#";class="action"`);
      expect((await act("suspend")).status).toBe(200);
      await stage.state(path, "suspended");
      expect((await act("start")).status).toBe(200);
      await stage.state(path, "active");
      expect((await act("restart")).status).toBe(200);
      await stage.state(path, "active");
    });
  });

  describe("rOCCI", () => {
    const agent: HeaderList = [
      ["Accept", "text/plain,text/occi;q=0.2"],
      ["User-Agent", "rOCCI-core/4.3.6 rOCCI-api/4.3.6 OCCI/1.1 ruby-x86_64-linux/3.1.2p20"],
    ];
    const post = (path: string, ...lines: readonly string[]) =>
      stage.send(`POST ${path}`, [...agent, ["Content-Type", "text/plain"]], lines.join("\n"));
    const list = async (path: string) =>
      (await stage.send(`GET ${path}`, [...agent.slice(1), ["Accept", "text/uri-list"]])).body.split("\n");

    test("reads the model with an expression that knows one order of parameters", async () => {
      const reply = await stage.send("GET /-/", agent);
      expect([reply.status, reply.headers["content-type"]]).toEqual([200, "text/plain"]);
      const category =
        /^Category: ?[a-z0-9][a-z0-9._-]*; ?scheme="[^"#]+#"; ?class="?(?:action|mixin|kind)"?(?:; ?title="[^"]*")?(?:; ?rel="[^"#]+#[^"]+")?(?:; ?location="[^"]+")?(?:; ?attributes="(?:[a-z0-9._-]+(?:\{(?:immutable|required)(?: (?:immutable|required))*\})?\s?)+")?(?:; ?actions="[^"]+")?;?$/;
      for (const line of linesOf(reply)) expect(line).toMatch(category);
    });

    test("creates what it then lists, describes and deletes", async () => {
      const network = `Link: <${stage.network}>;rel="${I}#network";self="/link/networkinterface/${randomUUID()}";category="${I}#networkinterface";occi.core.id="${randomUUID()}";occi.core.source="/compute/${randomUUID()}";occi.core.target="${stage.network}"`;
      const reply = await post(
        "/compute/",
        `Category: compute;scheme="${I}#";class="kind"`,
        `Category: ${stage.backend.imageId};scheme="${OS}";class="mixin"`,
        `Category: ${term(stage.backend.flavourId)};scheme="${RES}";class="mixin"`,
        `X-OCCI-Attribute: occi.core.id="${randomUUID()}"`,
        'X-OCCI-Attribute: occi.core.title="rocci"',
        network,
      );
      expect(reply.status, reply.body).toBe(201);
      const [url, ...others] = linesOf(reply).map((line) => line.replace("X-OCCI-Location: ", ""));
      expect(others).toEqual([]);
      const path = stage.made(new URL(url ?? "").pathname);
      expect((await list("/compute/")).map((line) => line.trim())).toContain(url);
      const entity = await stage.send(`GET ${path}`, agent);
      expect(linesOf(entity)[0]).toBe(`Category: compute; scheme="${I}#"; class="kind"; title="Compute Resource"`);
      const link =
        /^Link: ?<[^>]+>; ?rel="[^"]+"(?:; ?self="[^"]+")?(?:; ?category="[^"]+")?(?:; ?[a-z0-9._-]+=(?:"[^"]*"|[\d.]+))*;?$/;
      for (const line of linesOf(entity).filter((one) => one.startsWith("Link:"))) expect(line).toMatch(link);
      const stop = await post(`${path}?action=stop`, `Category: stop;scheme="${I}/compute/action#";class="action"`);
      expect(stop.status).toBe(200);
      await stage.state(path, "inactive");
      expect((await stage.send(`DELETE ${path}`, agent)).status).toBe(200);
    });

    test("finds the request's id in a refusal, and takes JSON when it is told to", async () => {
      const refused = await stage.send("GET /compute/nobody", agent);
      expect([refused.status, refused.headers["x-request-id"]]).toEqual([404, expect.stringMatching(/^req-/)]);
      const body = { kind: `${I}#storage`, id: randomUUID(), attributes: { "occi.storage.size": 1.0 } };
      const reply = await stage.json("POST /storage/", { resources: [body] });
      expect(reply.status, reply.body).toBe(201);
      stage.made(new URL(reply.headers.location ?? "").pathname);
    });
  });
});
