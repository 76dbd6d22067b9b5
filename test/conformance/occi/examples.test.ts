import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CARD, FREE_VOLUME, LAN0, type Reply, type TestOcci, WEB1 } from "../../support/occiDoor.ts";
import { type Eol, type Example, loadExample } from "./example.ts";
import { matchAnswer } from "./match.ts";
import { defineMixin, openWorld, stateOf } from "./world.ts";

/** Recorded exchanges, valid and malformed, each against a fresh door and the state that they were written for. */

interface Index {
  readonly valid: readonly { readonly id: string; readonly file: string; readonly match: string }[];
  readonly malformed: readonly { readonly id: string; readonly file: string; readonly expect: number }[];
}

const index: Index = JSON.parse(readFileSync(new URL("examples/index.json", import.meta.url), "utf8"));

let door: TestOcci;
beforeEach(async () => {
  door = await openWorld();
});
afterEach(() => door.close());

function play({ line, headers, body, meta }: Example): Promise<Reply> {
  const signedOut = meta.auth === "none" && !headers.some(([name]) => name === "X-Auth-Token");
  return door.send(line, signedOut ? [...headers, ["X-Auth-Token", ""]] : headers, body);
}

/** Preparations that `# needs:` tells in words. */
const NEEDS: Readonly<Record<string, () => Promise<void>>> = {
  V51: async () => {
    expect(await plain("/-/")).toContain("Category: securitygroup;");
  },
  M133: () =>
    defineMixin(door, "http://example.com/occi/mixed#mixed", "/mixed/", [
      `/compute/${WEB1}`,
      `/storage/${FREE_VOLUME}`,
    ]),
};

async function prepare(id: string, { meta }: Example): Promise<void> {
  const needs = NEEDS[id];
  if (meta.needs !== undefined && needs === undefined) throw new Error(`"${meta.needs}" is not prepared`);
  await needs?.();
}

const plain = async (path: string): Promise<string> => (await door.send(`GET ${path}`)).body;

/** The conditions that `# then:` tells in words. */
const THEN: Readonly<Record<string, (reply: Reply) => Promise<void>>> = {
  V21: async ({ headers }) => {
    const text = await plain(new URL(headers.location ?? "").pathname);
    expect(text).toContain("X-OCCI-Attribute: occi.compute.memory=3.6");
    expect(text).toContain('X-OCCI-Attribute: occi.core.title="say \\"hi\\", occi.compute.memory=1.0"');
  },
  V22: async ({ headers }) => {
    expect(await plain(new URL(headers.location ?? "").pathname)).toContain("occi.storage.size=1.0");
  },
  V35: async () => {
    expect(await plain(`/compute/${WEB1}`)).not.toContain("my_stuff");
    expect(await plain("/my_stuff/")).toBe("");
  },
  V37: async ({ body }) => {
    expect(body).not.toContain("Category: small1;");
    expect(body).toContain("occi.compute.cores=2");
    expect(body).toContain("occi.compute.memory=4.0");
  },
  V38: async () => {
    const text = await plain(`/compute/${WEB1}`);
    expect(text).toContain('occi.compute.state="inactive"');
    expect(text).toContain("?action=start>");
    expect(text).not.toContain("?action=stop>");
  },
  V39: async () => {
    expect(door.world.calls).toContain("servers.act reboot-hard");
  },
  V41: async () => {
    expect(await plain(`/compute/${WEB1}`)).toContain('occi.compute.state="inactive"');
  },
  V45: async () => {
    for (const path of [`/compute/${WEB1}`, `/networkinterface/${CARD}`]) {
      expect((await door.send(`GET ${path}`)).status, path).toBe(404);
    }
    expect((await door.send(`GET /network/${LAN0}`)).status).toBe(200);
  },
};

describe("valid", () => {
  for (const { id, file, match } of index.valid) {
    // Every text request means the same with either line end.
    for (const eol of ["lf", "crlf"] satisfies Eol[]) {
      const example = loadExample(file, eol);
      if (eol === "crlf" && (example.body === undefined || example.meta.eol !== undefined)) continue;
      test(`${id} ${eol}: ${example.meta.title}`, async () => {
        const used = example.meta.eol === undefined ? example : loadExample(file);
        await prepare(id, used);
        if (used.answer === undefined) throw new Error("a valid example has an answer");
        const reply = await play(used);
        matchAnswer(match, reply, used.answer);
        const then = THEN[id];
        if (used.meta.then !== undefined && then === undefined) throw new Error(`"${used.meta.then}" is not checked`);
        await then?.(reply);
      });
    }
  }
});

describe("malformed", () => {
  for (const { id, file, expect: status } of index.malformed) {
    const example = loadExample(file);
    test(`${id}: ${example.meta.why}`, async () => {
      await prepare(id, example);
      const before = await stateOf(door);
      const reply = await play(example);
      expect(reply.status, reply.body).toBe(status);
      expect(await stateOf(door)).toEqual(before);
      expect(reply.headers.server).toContain("OCCI/1.2");
      expect(reply.headers["content-type"]).toMatch(/^(?:text\/plain|text\/occi|application\/occi\+json)$/);
      expect(reply.headers["x-request-id"]).toMatch(/^req-/);
      expect(reply.body).not.toMatch(/\bat .*\.ts:\d+/);
    });
  }
});

test("there are examples", () => {
  expect(index.valid.length + index.malformed.length).toBeGreaterThan(130);
});
