import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { collect, first } from "../../../src/cloud/index.ts";
import { Pace } from "../../../src/backends/openstack/pace.ts";
import { connectFake, FakeCloud, novaServer, type Opened } from "./fake-cloud.ts";

/** Lists of servers: pages, ends, names, and what each of them costs. */

const DETAIL = "/compute/v2.1/servers/detail";
const SERVERS = "/compute/v2.1/servers";
const PORTS = "/network/v2.0/ports";
const FLAVORS = "/compute/v2.1/flavors";

let fake: FakeCloud;
let opened: Opened;

beforeEach(async () => {
  fake = await FakeCloud.start();
  opened = connectFake(fake);
});

afterEach(async () => {
  await opened.clouds.close();
  await fake.stop();
});

const port = (id: string, deviceId: string) => ({
  id,
  network_id: "n1",
  mac_address: "fa:16:3e:00:00:01",
  fixed_ips: [{ ip_address: "10.0.0.5", subnet_id: "s1" }],
  device_id: deviceId,
  device_owner: "compute:nova",
  status: "ACTIVE",
});

const uuid = (count: number) => `00000000-0000-4000-8000-${String(count).padStart(12, "0")}`;

/** Serves `total` servers by pages, from either end, and a port for each that is asked for. */
function serveServers(total: number, without: ReadonlySet<string> = new Set()): void {
  const page: Parameters<FakeCloud["on"]>[2] = ({ query }) => {
    const limit = Number(query.get("limit"));
    const all = Array.from({ length: total }, (_, index) => novaServer(uuid(index)));
    if (query.getAll("sort_key").join() === "created_at,uuid" && query.getAll("sort_dir").join() === "asc,desc") {
      all.reverse();
    }
    const marker = query.get("marker");
    if (without.has(marker ?? "")) return { status: 400, body: { badRequest: { message: "marker" } } };
    const from = all.findIndex(({ id }) => id === marker) + 1;
    const rest = all.slice(from).filter(({ id }) => !without.has(String(id)));
    const servers = rest.slice(0, limit);
    const last = servers.at(-1)?.id;
    // A wrong host in the link, as proxies make it.
    const href = `http://wrong.example/elsewhere?limit=${limit}&marker=${String(last)}`;
    return {
      status: 200,
      body: { servers, ...(rest.length > limit ? { servers_links: [{ rel: "next", href }] } : {}) },
    };
  };
  fake.on("GET", DETAIL, page);
  fake.on("GET", SERVERS, page);
  fake.on("GET", PORTS, ({ query }) => ({
    status: 200,
    body: { ports: query.getAll("device_id").map((id) => port(`port-of-${id}`, id)) },
  }));
  fake.on("GET", FLAVORS, () => ({
    status: 200,
    body: { flavors: [{ id: "42", name: "m1.tiny", vcpus: 1, ram: 512, disk: 1 }] },
  }));
}

test("1000 servers cost one request for servers and one for ports per page, and one for flavours in all", async () => {
  serveServers(1000);
  const servers = await collect((await opened.open()).servers.list());
  expect(servers).toHaveLength(1000);
  expect(servers.every(({ id, interfaces }) => interfaces[0]?.portId === `port-of-${id}`)).toBe(true);
  expect(servers.every(({ flavourId }) => flavourId === "42")).toBe(true);
  // A short page to begin with, 980 servers by the hundred, and where the two ends meet a page more at most of each.
  const pages = fake.of("GET", DETAIL).length;
  expect(pages).toBeGreaterThanOrEqual(11);
  expect(pages).toBeLessThanOrEqual(13);
  expect(fake.of("GET", PORTS).length).toBeLessThanOrEqual(pages);
  expect(fake.of("GET", FLAVORS)).toHaveLength(1);
  // Sign-in, version document, and nothing else.
  expect(fake.asked).toHaveLength(pages + fake.of("GET", PORTS).length + 1 + 2);
});

test("a long list is read from both ends, in one order and its reverse, and half of it from each", async () => {
  serveServers(1000);
  await collect((await opened.open()).servers.list());
  const directions = fake.of("GET", DETAIL).map(({ query }) => query.getAll("sort_dir").join());
  expect(new Set(directions)).toEqual(new Set(["desc,asc", "asc,desc"]));
  const fromEnd = directions.filter((direction) => direction === "asc,desc").length;
  expect(fromEnd).toBeGreaterThanOrEqual(4);
  expect(fromEnd).toBeLessThanOrEqual(6);
});

test("names come by the thousand, after a first page that is short unless the cloud has been quick", async () => {
  serveServers(1_500);
  const limits = () => fake.of("GET", SERVERS).map(({ query }) => query.get("limit"));
  const all = Array.from({ length: 1_500 }, (_, index) => uuid(index));
  const names = await collect((await opened.open()).servers.names());
  expect(names.map(({ id }) => id)).toEqual(all);
  expect(limits()).toEqual(["100", "1000", "1000"]);
  // The clock stood still.
  expect((await collect((await opened.open()).servers.names())).map(({ id }) => id)).toEqual(all);
  expect(limits().slice(3)).toEqual(["1000", "1000"]);
});

test("the next names are under way while a page is read", async () => {
  serveServers(1_500);
  const page = (await opened.open()).servers.names()[Symbol.asyncIterator]();
  await page.next();
  await vi.waitFor(() => expect(fake.of("GET", SERVERS)).toHaveLength(2));
  await page.return?.();
});

test("next names that fail are missed by nobody who does not read on", async () => {
  fake.on("GET", SERVERS, ({ query }) =>
    query.has("marker")
      ? { status: 403, body: { forbidden: { message: "no" } } }
      : { status: 200, body: { servers: [novaServer(uuid(1))], servers_links: [{ rel: "next", href: "?marker=x" }] } },
  );
  expect(await first((await opened.open()).servers.names())).toMatchObject({ id: uuid(1) });
  await expect(collect((await opened.open()).servers.names())).rejects.toMatchObject({ reason: "FORBIDDEN" });
});

test("names go on after one that was deleted while its page was read", async () => {
  const pages: Readonly<Record<string, readonly number[]>> = { first: [1, 2], [uuid(1)]: [3] };
  fake.on("GET", SERVERS, ({ query }) => {
    const servers = pages[query.get("marker") ?? "first"]?.map((one) => novaServer(uuid(one)));
    if (servers === undefined) return { status: 400, body: { badRequest: { message: "marker not found" } } };
    const href = `http://elsewhere/servers?marker=${uuid(2)}`;
    return {
      status: 200,
      body: { servers, ...(servers.length > 1 ? { servers_links: [{ rel: "next", href }] } : {}) },
    };
  });
  const names = await collect((await opened.open()).servers.names());
  expect(names.map(({ id }) => id)).toEqual([1, 2, 3].map(uuid));
  const markers = fake.of("GET", SERVERS).map(({ query }) => query.get("marker"));
  expect(markers).toEqual([null, uuid(2), uuid(2), uuid(1)]);
});

test("a first page of names is as long as the cloud has needed for such", () => {
  const pace = new Pace(100, 1_000);
  expect(pace.within(100)).toBe(100);
  pace.told(1_000, 650);
  expect(pace.within(100)).toBe(153);
  pace.told(99, 0);
  expect(pace.within(100)).toBe(153);
  pace.told(100, 5_000);
  expect(pace.within(100)).toBe(100);
  pace.told(100, 0);
  expect(pace.within(100)).toBe(1_000);
});

test("servers come in the cloud's order, each once, however many pages there are", async () => {
  serveServers(2_345);
  const servers = await collect((await opened.open()).servers.list());
  expect(servers.map(({ id }) => id)).toEqual(Array.from({ length: 2_345 }, (_, index) => uuid(index)));
});

test("servers that are deleted while others are read are left out, and nothing else is", async () => {
  const gone = new Set<string>();
  serveServers(1_000, gone);
  const ids: string[] = [];
  for await (const { id } of (await opened.open()).servers.list()) {
    ids.push(id);
    // The ends of pages among them, and what is in the middle of one.
    if (ids.length === 1) for (const at of [119, 219, 319, 520, 655, 899, 900, 999]) gone.add(uuid(at));
  }
  expect(new Set(ids).size).toBe(ids.length);
  const missing = Array.from({ length: 1_000 }, (_, index) => uuid(index)).filter((id) => !ids.includes(id));
  expect(missing.filter((id) => !gone.has(id))).toEqual([]);
});

test("a list that fits into the first page costs one request for servers", async () => {
  serveServers(20);
  await collect((await opened.open()).servers.list());
  expect([fake.of("GET", DETAIL), fake.of("GET", SERVERS)].map(({ length }) => length)).toEqual([1, 0]);
});

test("many lists at a time go on, page after page, when all places ahead are taken", async () => {
  serveServers(250);
  const lists = Array.from({ length: 8 }, async () => collect((await opened.open()).servers.list()));
  for (const servers of await Promise.all(lists)) {
    expect(servers.map(({ id }) => id)).toEqual(Array.from({ length: 250 }, (_, index) => uuid(index)));
  }
});

test("who stops reading stops the fetching", async () => {
  serveServers(1000);
  await first((await opened.open()).servers.list());
  // The page after it was under way when the first was read.
  expect(fake.of("GET", DETAIL).length).toBeLessThanOrEqual(2);
});

test("a server without ports on its page is not joined with another's", async () => {
  fake.on("GET", DETAIL, () => ({ status: 200, body: { servers: [novaServer("a"), novaServer("b")] } }));
  fake.on("GET", PORTS, () => ({ status: 200, body: { ports: [port("p", "b"), port("stray", "")] } }));
  const servers = await collect((await opened.open()).servers.list());
  expect(servers.map(({ interfaces }) => interfaces.map(({ portId }) => portId))).toEqual([[], ["p"]]);
});

test("a list whose pages go in a circle ends in an error", async () => {
  const href = "http://x/?marker=same";
  for (const path of [DETAIL, SERVERS]) {
    fake.on("GET", path, () => ({
      status: 200,
      body: { servers: [novaServer("a")], servers_links: [{ rel: "next", href }] },
    }));
  }
  await expect(collect((await opened.open()).servers.list())).rejects.toMatchObject({ reason: "UPSTREAM_FAILED" });
});

test("a list goes on when the last server of a page is deleted before the next is asked for", async () => {
  const pages: Record<string, unknown> = {
    "": { servers: [novaServer("a"), novaServer("b")], servers_links: [{ rel: "next", href: "?limit=2&marker=b" }] },
    a: { servers: [novaServer("c")] },
  };
  fake.on("GET", DETAIL, ({ query }) => {
    const marker = query.get("marker") ?? "";
    if (marker === "b") return { status: 400, body: { badRequest: { code: 400, message: "marker [b] not found" } } };
    return { status: 200, body: pages[marker] };
  });
  fake.on("GET", SERVERS, () => ({ status: 200, body: { servers: [{ id: "c", name: "c" }] } }));
  const servers = await collect((await opened.open()).servers.list());
  expect(servers.map(({ id }) => id)).toEqual(["a", "b", "c"]);
});

test("names and statuses are asked of the cloud and compared once more", async () => {
  fake.on("GET", DETAIL, () => ({
    status: 200,
    body: {
      servers: [
        novaServer("a", { name: "a.b" }),
        novaServer("b", { name: "A.B" }),
        novaServer("c", { name: "a.b", "OS-EXT-STS:task_state": "deleting" }),
      ],
    },
  }));
  const servers = await collect((await opened.open()).servers.list({ name: "a.b", status: "active" }));
  expect(servers.map(({ id }) => id)).toEqual(["a"]);
  const [asked] = fake.of("GET", DETAIL);
  expect(asked?.query.get("name")).toBe("^a\\.b$");
  expect(asked?.query.getAll("status")).toEqual(["ACTIVE", "PASSWORD"]);
});
