import { attributeOf, type Check, INFRASTRUCTURE, JSON_TYPE, kindLine, PLAIN } from "./checks.ts";
import { type EntityView, expectLine, expectStatus, expectThat, expectType, Skipped, type Talk } from "./talk.ts";

/** Things in the cloud: a volume, a network, and where that is wanted a machine with both. */

const STORAGE_ACTION = "http://schemas.ogf.org/occi/infrastructure/storage/action#";
const COMPUTE_ACTION = "http://schemas.ogf.org/occi/infrastructure/compute/action#";

/** What an earlier check found or made; without it there is nothing to look at. */
function earlier({ found }: Talk, name: string): string {
  const value = found.get(name);
  if (value === undefined) throw new Skipped(`there is no ${name} to look at`);
  return value;
}

const isOnline = (entity: EntityView): boolean => attributeOf(entity, "occi.storage.state") === "online";
const isIn =
  (state: string) =>
  (entity: EntityView): boolean =>
    attributeOf(entity, "occi.compute.state") === state;

export const ENTITY_CHECKS: readonly Check[] = [
  {
    title: "a storage is created: 201, its location in header and body",
    source: "GFD.223 §11.3.1",
    creates: "a volume of 1 GiB",
    async run(talk) {
      const size = "X-OCCI-Attribute: occi.storage.size=1.0";
      const title = `X-OCCI-Attribute: occi.core.title="${talk.name}"`;
      talk.found.set("storage", await talk.make("/storage/", [kindLine("storage"), size, title]));
      await talk.until(earlier(talk, "storage"), isOnline);
    },
  },
  ...[PLAIN, "text/occi", JSON_TYPE].map((type) => ({
    title: `an entity in ${type}`,
    source: "GFD.223 §10.1",
    async run(talk: Talk) {
      const reply = await talk.send("GET", earlier(talk, "storage"), { accept: type });
      expectStatus(reply, 200);
      expectType(reply, type);
      const where = type === "text/occi" ? String(reply.headers["x-occi-attribute"]) : reply.body;
      expectThat(where.includes("occi.storage.state"), "no state in it");
      expectThat(reply.headers.etag !== undefined, "no ETag");
    },
  })),
  {
    title: "an entity in a URI list is 400",
    source: "GFD.229 §8",
    run: async (talk) =>
      expectStatus(await talk.send("GET", earlier(talk, "storage"), { accept: "text/uri-list" }), 400),
  },
  {
    title: "the collection has it, in lines and in a URI list, filtered by title",
    source: "GFD.223 §11.1",
    async run(talk) {
      const path = earlier(talk, "storage");
      const filter = { "x-occi-attribute": `occi.core.title="${talk.name}"` };
      const lines = await talk.send("GET", "/storage/", { accept: PLAIN, ...filter });
      expectThat(lines.body.startsWith("X-OCCI-Location: ") && lines.body.endsWith(path), `it says ${lines.body}`);
      const uris = await talk.send("GET", "/storage/", { accept: "text/uri-list", ...filter });
      expectThat(uris.body.trim().endsWith(path), `it says ${uris.body}`);
    },
  },
  {
    title: "a partial update changes what it names, under its tag only",
    source: "GFD.185 §3.4.4, RFC 9110 §13.1.1",
    async run(talk) {
      const path = earlier(talk, "storage");
      const body = `X-OCCI-Attribute: occi.core.title="${talk.name}-2"`;
      const wrong = { "content-type": PLAIN, "if-match": '"nonsense"' };
      expectStatus(await talk.send("POST", path, wrong, body), 412);
      const { etag = "" } = (await talk.send("GET", path, { accept: PLAIN })).headers;
      const reply = await talk.send("POST", path, { "content-type": PLAIN, accept: PLAIN, "if-match": etag }, body);
      expectStatus(reply, 200);
      expectLine(reply, `${talk.name}-2`, "occi.storage.size=1.0");
    },
  },
  {
    title: "a full update takes away what it does not name",
    source: "GFD.223 §10.2.2",
    async run(talk) {
      const path = earlier(talk, "storage");
      const body = `${kindLine("storage")}\nX-OCCI-Attribute: occi.storage.size=1.0`;
      const reply = await talk.send("PUT", path, { "content-type": PLAIN, accept: PLAIN }, body);
      expectStatus(reply, 200);
      expectThat(!reply.body.includes(`${talk.name}-2`), "the title is still there");
    },
  },
  {
    title: "an attribute that the cloud sets cannot be changed: 403",
    source: "GFD.185 §3.6.8",
    async run(talk) {
      const body = 'X-OCCI-Attribute: occi.storage.state="error"';
      expectStatus(await talk.send("POST", earlier(talk, "storage"), { "content-type": PLAIN }, body), 403);
    },
  },
  {
    title: "an unknown action is 400, an action of another kind, too",
    source: "GFD.185 §3.4.4",
    async run(talk) {
      const call = (scheme: string, term: string) =>
        talk.send(
          "POST",
          `${earlier(talk, "storage")}?action=${term}`,
          { "content-type": PLAIN },
          `Category: ${term}; scheme="${scheme}"; class="action"`,
        );
      expectStatus(await call(STORAGE_ACTION, "explode"), 400, 404);
      expectStatus(await call(COMPUTE_ACTION, "start"), 400);
    },
  },
  {
    title: "a network with a range is created and shown",
    source: "GFD.224 §3.2",
    creates: "a network with the subnet 192.168.199.0/24",
    async run(talk) {
      const mixin = 'Category: ipnetwork; scheme="http://schemas.ogf.org/occi/infrastructure/network#"; class="mixin"';
      const range = 'X-OCCI-Attribute: occi.network.address="192.168.199.0/24"';
      const title = `X-OCCI-Attribute: occi.core.title="${talk.name}"`;
      const path = await talk.make("/network/", [kindLine("network"), mixin, range, title]);
      talk.found.set("network", path);
      expectLine(await talk.send("GET", path, { accept: PLAIN }), 'occi.network.address="192.168.199.0/24"');
    },
  },
  {
    title: "a compute with both links is created, and tells its links",
    source: "GFD.223 §11.3.1, GFD.224 §3.4",
    creates: "a machine of the smallest flavour and image, with the volume and the network",
    needsMachine: true,
    async run(talk) {
      const [network, storage] = [earlier(talk, "network"), earlier(talk, "storage")];
      const path = await talk.make("/compute/", [
        kindLine("compute"),
        `Link: <${network}>; rel="${INFRASTRUCTURE}network"; category="${INFRASTRUCTURE}networkinterface"`,
        `Link: <${storage}>; rel="${INFRASTRUCTURE}storage"; category="${INFRASTRUCTURE}storagelink"`,
        `X-OCCI-Attribute: occi.core.title="${talk.name}"`,
      ]);
      talk.found.set("compute", path);
      const entity = await talk.until(path, isIn("active"));
      const kinds = entity.links?.map(({ kind }) => kind) ?? [];
      for (const term of ["networkinterface", "storagelink"]) {
        expectThat(kinds.filter((kind) => kind === INFRASTRUCTURE + term).length === 1, `its links are ${kinds}`);
      }
    },
  },
  {
    title: "stop and start, each only where the state allows it",
    source: "GFD.223 §10.3.2, GFD.224 §3.1",
    needsMachine: true,
    async run(talk) {
      const path = earlier(talk, "compute");
      const call = (term: string) =>
        talk.send(
          "POST",
          `${path}?action=${term}`,
          { "content-type": PLAIN },
          `Category: ${term}; scheme="${COMPUTE_ACTION}"; class="action"`,
        );
      expectStatus(await call("start"), 400);
      expectStatus(await call("stop"), 200);
      const stopped = await talk.until(path, isIn("inactive"));
      expectThat(stopped.actions?.includes(`${COMPUTE_ACTION}start`) === true, "start is not offered");
      expectStatus(await call("start"), 200);
      await talk.until(path, isIn("active"));
    },
  },
  {
    title: "a storage that is attached cannot be deleted: 409",
    source: "grycap/im retries on it",
    needsMachine: true,
    run: async (talk) => {
      earlier(talk, "compute");
      expectStatus(await talk.send("DELETE", earlier(talk, "storage")), 409);
    },
  },
  {
    title: "a compute is deleted with its links; what it was linked to stays",
    source: "GFD.223 §10.4, GFD.221 §5.4",
    needsMachine: true,
    async run(talk) {
      await talk.remove(earlier(talk, "compute"));
      await talk.until(earlier(talk, "storage"), isOnline);
      expectStatus(await talk.send("GET", earlier(talk, "network")), 200);
    },
  },
  {
    title: "what is deleted is gone: 200, then 404",
    source: "GFD.223 §10.4",
    async run(talk) {
      for (const name of ["network", "storage"]) await talk.remove(earlier(talk, name));
      expectStatus(await talk.send("GET", earlier(talk, "storage")), 404);
    },
  },
];
