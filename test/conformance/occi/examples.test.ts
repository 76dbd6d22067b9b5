import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Reply } from "../../support/occiClient.ts";
import { type Eol, type Example, loadExample } from "./example.ts";
import { matchAnswer } from "./match.ts";
import { openSite, type Site } from "./site/index.ts";

/** Recorded exchanges, valid and malformed, with either line end, on a gateway and the state that they were written for. */

interface Index {
  readonly valid: readonly { readonly id: string; readonly file: string; readonly match: string }[];
  readonly malformed: readonly { readonly id: string; readonly file: string; readonly expect: number }[];
}

const index: Index = JSON.parse(readFileSync(new URL("examples/index.json", import.meta.url), "utf8"));
const WEB1 = "/compute/7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a1001";
const CARD = "/networkinterface/7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a4001";
const PLUG = "/storagelink/7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a5001";
const FREE = "/storage/7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a3001";
const USED = "/storage/7a1f0c52-5b0e-4a3e-9c39-1f6a2f0a3002";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterEach(() => {
  site.simulator.machine.transitions = "instant";
});
afterAll(() => site.close());

function play({ line, headers, body, meta }: Example): Promise<Reply> {
  const signedOut = meta.auth === "none" && !headers.some(([name]) => name === "X-Auth-Token");
  return site.send(line, signedOut ? [...headers, ["X-Auth-Token", ""]] : headers, body);
}

/** Preparations that `# needs:` tells in words, and what a condition needs to be seen. */
const NEEDS: Readonly<Record<string, () => Promise<void>>> = {
  V39: async () => {
    site.simulator.machine.transitions = { fixed: 60_000 };
  },
  V51: async () => {
    expect(await plain("/-/")).toContain("Category: securitygroup;");
  },
  M133: () => site.mixin("http://example.com/occi/mixed#mixed", "/mixed/", [WEB1, FREE]),
};

async function prepare(id: string, { meta }: Example): Promise<void> {
  const needs = NEEDS[id];
  if (meta.needs !== undefined && needs === undefined) throw new Error(`"${meta.needs}" is not prepared`);
  await needs?.();
}

const plain = async (path: string): Promise<string> => (await site.send(`GET ${path}`)).body;

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
    expect(await plain(WEB1)).not.toContain("my_stuff");
    expect(await plain("/my_stuff/")).toBe("");
  },
  V37: async ({ body }) => {
    expect(body).not.toContain("Category: small1;");
    expect(body).toContain("occi.compute.cores=2");
    expect(body).toContain("occi.compute.memory=4.0");
  },
  V38: async () => {
    const text = await plain(WEB1);
    expect(text).toContain('occi.compute.state="inactive"');
    expect(text).toContain("?action=start>");
    expect(text).not.toContain("?action=stop>");
  },
  V39: async () => {
    expect(await plain(WEB1)).toContain('occi.compute.state.message="HARD_REBOOT');
  },
  V41: async () => {
    expect(await plain(WEB1)).toContain('occi.compute.state="inactive"');
  },
  V45: async () => {
    for (const path of [WEB1, CARD, PLUG]) expect((await site.send(`GET ${path}`)).status, path).toBe(404);
    expect(await plain(USED)).toContain('occi.storage.state.message="available"');
  },
};

describe("valid", () => {
  beforeEach(() => site.reset());
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
  beforeAll(() => site.reset());
  for (const { id, file, expect: status } of index.malformed) {
    for (const eol of ["lf", "crlf"] satisfies Eol[]) {
      const example = loadExample(file, eol);
      if (eol === "crlf" && example.body === undefined) continue;
      test(`${id} ${eol}: ${example.meta.why}`, async () => {
        await prepare(id, example);
        const before = await site.state();
        const reply = await play(example);
        expect(reply.status, reply.body).toBe(status);
        expect(await site.state()).toEqual(before);
        expect(reply.headers.server).toContain("OCCI/1.2");
        expect(reply.headers["content-type"]).toMatch(/^(?:text\/plain|text\/occi|application\/occi\+json)$/);
        expect(reply.headers["x-request-id"]).toMatch(/^req-/);
        expect(reply.body).not.toMatch(/\bat .*\.ts:\d+/);
      });
    }
  }
});

test("there are examples", () => {
  expect(index.valid.length + index.malformed.length).toBeGreaterThan(130);
});
