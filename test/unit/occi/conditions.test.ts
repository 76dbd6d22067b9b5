import { connect } from "node:net";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FREE_VOLUME, type HeaderList, type Reply, startOcci, type TestOcci, WEB1 } from "../../support/occiDoor.ts";

/** Entity tags and what clients make of them. */

const I = "http://schemas.ogf.org/occi/infrastructure";
const COMPUTE = `Category: compute; scheme="${I}#"; class="kind"`;
const STOP = `Category: stop; scheme="${I}/compute/action#"; class="action"`;
const TITLE = 'X-OCCI-Attribute: occi.core.title="new"';
const PATH = `/compute/${WEB1}`;
const TYPES = ["text/plain", "text/occi", "application/occi+json"] as const;

let door: TestOcci;
beforeEach(async () => {
  door = await startOcci();
});
afterEach(() => door.close());

const get = (path: string, headers: HeaderList = []): Promise<Reply> => door.send(`GET ${path}`, headers);
const write = (line: string, condition: readonly [string, string], ...lines: readonly string[]): Promise<Reply> =>
  door.send(line, [["Content-Type", "text/plain"], condition], lines.join("\n"));
const tagOf = async (type: string): Promise<string> => (await get(PATH, [["Accept", type]])).headers.etag ?? "";

/** Every way to write one entity. */
const WRITES = [
  ["PUT", [COMPUTE, TITLE], ""],
  ["POST", [TITLE], ""],
  ["POST", [STOP], "?action=stop"],
  ["DELETE", [], ""],
] as const;

describe("a tag", () => {
  test("is strong, one for each rendering, and the same while nothing changes", async () => {
    const tags = await Promise.all(TYPES.map(tagOf));
    expect(new Set(tags).size).toBe(TYPES.length);
    for (const tag of tags) expect(tag).toMatch(/^"[A-Za-z0-9_-]{27}"$/);
    expect(await Promise.all(TYPES.map(tagOf))).toEqual(tags);
    expect((await get(PATH)).headers.vary).toBe("Accept");
    expect((await door.send(`HEAD ${PATH}`)).headers.etag).toBe(tags[0]);
  });

  test("changes with all that can be seen: the state as well as the title", async () => {
    const first = await tagOf("text/plain");
    await door.send(`POST ${PATH}?action=stop`, [["Content-Type", "text/plain"]], STOP);
    const second = await tagOf("text/plain");
    await door.send(`POST ${PATH}`, [["Content-Type", "text/plain"]], TITLE);
    expect(new Set([first, second, await tagOf("text/plain")]).size).toBe(3);
  });
});

describe("reading", () => {
  test.each(TYPES)("304 without a body when the client has it: %s", async (type) => {
    const tag = await tagOf(type);
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
      const reply = await get(PATH, [
        ["Accept", type],
        ["If-None-Match", known],
      ]);
      expect([reply.status, reply.body, reply.headers.etag], known).toEqual([304, "", tag]);
      expect(reply.headers["content-type"]).toBeUndefined();
    }
    expect((await get(PATH, [["If-None-Match", '"other"']])).status).toBe(200);
  });

  test("the tag of another rendering is not this one's", async () => {
    expect((await get(PATH, [["If-None-Match", await tagOf("text/occi")]])).status).toBe(200);
  });

  test("412 when it is not what the client wants to see", async () => {
    const tag = await tagOf("text/plain");
    expect((await get(PATH, [["If-Match", tag]])).status).toBe(200);
    expect((await get(PATH, [["If-Match", '"other"']])).status).toBe(412);
    expect((await get(PATH, [["If-Match", `W/${tag}`]])).status).toBe(412);
  });
});

describe("writing", () => {
  test.each(WRITES)("%s %j%s: done when the tag of any rendering holds", async (method, lines, query) => {
    for (const type of TYPES) {
      await door.close();
      door = await startOcci();
      const reply = await write(`${method} ${PATH}${query}`, ["If-Match", await tagOf(type)], ...lines);
      expect(reply.status, reply.body).toBe(200);
    }
  });

  test.each(WRITES)("%s %j%s: 412 and nothing done when it does not", async (method, lines, query) => {
    const tag = await tagOf("text/plain");
    const conditions = [
      ["If-Match", '"other"'],
      ["If-Match", `W/${tag}`],
      ["If-None-Match", "*"],
      ["If-None-Match", tag],
    ] as const;
    for (const condition of conditions) {
      const reply = await write(`${method} ${PATH}${query}`, condition, ...lines);
      expect([reply.status, reply.body.split(":")[0]], String(condition)).toEqual([412, "precondition-failed"]);
    }
    expect(await tagOf("text/plain")).toBe(tag);
  });

  test("lets one of several through that come with the same tag at once", async () => {
    const tag = await tagOf("text/plain");
    const titles = ["a", "b", "c"].map((title) => `X-OCCI-Attribute: occi.core.title="${title}"`);
    const replies = await Promise.all(titles.map((title) => write(`POST ${PATH}`, ["If-Match", tag], title)));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  });

  test("of what is not there says that", async () => {
    expect((await write("DELETE /storage/nowhere", ["If-Match", "*"])).status).toBe(404);
    expect((await write("PUT /compute/nowhere", ["If-None-Match", "*"], COMPUTE)).status).toBe(400);
  });

  test("without a condition costs no look beforehand", async () => {
    await door.send(`DELETE /storage/${FREE_VOLUME}`);
    expect(door.world.calls.filter((call) => call === "volumes.get").length).toBe(2);
  });
});

describe("collections and the query interface", () => {
  test.each(["/compute/", "/", "/-/", "/os_tpl/"])("%s has a tag of all that it shows", async (path) => {
    const tag = (await get(path)).headers.etag ?? "";
    expect((await get(path, [["If-None-Match", tag]])).status).toBe(304);
    expect((await get(path, [["If-Match", tag]])).status).toBe(200);
    expect((await get(path, [["If-None-Match", "*"]])).status).toBe(304);
    expect((await get(path, [["If-None-Match", '"x"']])).status).toBe(200);
    expect((await get(path, [["If-Match", "*"]])).status).toBe(200);
    expect((await get(path, [["If-Match", '"x"']])).status).toBe(412);
  });

  test("a create on what the client has seen, and only on that", async () => {
    const { etag = "" } = (await get("/compute/")).headers;
    expect((await write("POST /compute/", ["If-Match", etag], COMPUTE)).status).toBe(201);
    expect((await write("POST /compute/", ["If-Match", etag], COMPUTE)).status).toBe(412);
  });

  test("a list that is too long to be held back is followed by its tag", async () => {
    for (let at = 0; at < 5000; at += 1) {
      const id = `7a1f0c52-5b0e-4a3e-9c39-${at.toString().padStart(12, "0")}`;
      const server = door.world.servers.get(WEB1);
      if (server !== undefined) door.world.servers.set(id, { ...server, id });
    }
    const reply = await get("/compute/");
    expect([reply.headers.etag, reply.body.split("\n").length]).toEqual([undefined, 5002]);
    expect([reply.headers.trailer, reply.trailers.etag]).toEqual(["ETag", expect.stringMatching(/^"[\w-]{27}"$/)]);
    expect((await get("/compute/", [["If-Match", "*"]])).status).toBe(200);
    expect((await get("/compute/", [["If-Match", reply.trailers.etag ?? ""]])).status).toBe(200);
    expect((await get("/compute/", [["If-Match", '"x"']])).status).toBe(412);
  });

  test("a list that the cloud is slow with begins at once, and is followed by the tag that it has otherwise", async () => {
    const { etag = "" } = (await get("/compute/")).headers;
    const held = Promise.withResolvers<void>();
    holdLists(door, held.promise);
    const reading = new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { "x-auth-token": "good" };
      const request = httpRequest(`${door.base}/compute/`, { headers, agent: false }, (response) => {
        response.once("data", () => held.resolve());
        response.on("end", () => resolve(response));
        response.on("error", reject);
      });
      request.on("error", reject).end();
    });
    const { headers, trailers } = await reading;
    expect([headers.etag, trailers.etag]).toEqual([undefined, etag]);
  });

  test("a client of HTTP/1.0, which has no trailers, gets a slow list without", async () => {
    const held = Promise.withResolvers<void>();
    holdLists(door, held.promise);
    const socket = connect(Number(new URL(door.base).port), "127.0.0.1");
    socket.write("GET /compute/ HTTP/1.0\r\nHost: 127.0.0.1\r\nX-Auth-Token: good\r\n\r\n");
    let text = "";
    for await (const chunk of socket) {
      text += chunk;
      held.resolve();
    }
    expect(text).toMatch(/^HTTP\/1.1 200 /);
    expect(text).not.toMatch(/\b(?:trailer|etag):/i);
    expect(text.match(/X-OCCI-Location/g)).toHaveLength(2);
  });

  test.each([
    ["who sets a condition", "GET", [["If-None-Match", '"other"']]],
    ["who asks for nothing but the headers", "HEAD", []],
  ] as const)("%s waits for the whole of a slow list", async (_, method, headers) => {
    const { etag } = (await get("/compute/")).headers;
    const held = Promise.withResolvers<void>();
    holdLists(door, held.promise, held.resolve);
    expect((await door.send(`${method} /compute/`, headers)).headers.etag).toBe(etag);
  });

  test("a create that must not find its collection finds it", async () => {
    expect((await write("POST /compute/", ["If-None-Match", "*"], COMPUTE)).status).toBe(412);
    expect(door.world.calls).not.toContain("servers.create");
  });
});

/** From now on servers are listed one by one, and nothing comes after the first one before `held` is over. */
function holdLists({ world }: TestOcci, held: Promise<void>, onFirst = () => {}): void {
  const { cloudOf } = world;
  world.cloudOf = (project) => {
    const cloud = cloudOf(project);
    async function* names() {
      let isFirst = true;
      for await (const name of cloud.servers.names()) {
        yield name;
        if (isFirst) setImmediate(onFirst);
        if (isFirst) await held;
        isFirst = false;
      }
    }
    return { ...cloud, servers: { ...cloud.servers, names } };
  };
}

test.each(["", "x", '"a', '"a" b', "*, *", '"a b"'])("a condition of %j is malformed", async (value) => {
  expect((await get(PATH, [["If-Match", value]])).status).toBe(400);
});
