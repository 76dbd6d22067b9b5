import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { attributeOfKey, keyOfAttribute } from "../../../src/occi/kinds/metadata.ts";
import { type Reply, startOcci, type TestOcci, WEB1, WEB2 } from "../../support/occiDoor.ts";

/** The mixin `vimana/metadata`: a server's own keys and values. */

const I = "http://schemas.ogf.org/occi/infrastructure";
const COMPUTE = `Category: compute; scheme="${I}#"; class="kind"`;
const METADATA = 'Category: metadata; scheme="https://vimana.dev/occi#"; class="mixin"';
const entry = (name: string, value: string): string => `X-OCCI-Attribute: vimana.metadata.${name}=${value}`;

let door: TestOcci;
beforeEach(async () => {
  door = await startOcci();
});
afterEach(() => door.close());
const say = (line: string, ...lines: readonly string[]): Promise<Reply> =>
  door.send(line, [["Content-Type", "text/plain"]], lines.join("\n"));
const metadata = (id: string) => door.world.servers.get(id)?.metadata;

describe("names", () => {
  test("every key has one attribute, and every attribute of the form one key", () => {
    const keys = fc.oneof(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((text) => text.isWellFormed()),
      fc.stringMatching(/^(?:x--)?[a-z][a-z0-9_.-]{0,20}$/),
    );
    fc.assert(
      fc.property(keys, (key) => {
        const name = attributeOfKey(key);
        expect(name).toMatch(/^vimana\.metadata\.[a-z][a-z0-9_-]*(?:\.[a-z][a-z0-9_-]*)*$/);
        expect(keyOfAttribute(name)).toBe(key);
      }),
    );
  });

  test.each([
    ["purpose", "vimana.metadata.purpose"],
    ["app.kind", "vimana.metadata.app.kind"],
    ["my_key", "vimana.metadata.my_key"],
    ["App", "vimana.metadata.x--x___41pp"],
    ["a b", "vimana.metadata.x--a_20b"],
    ["2nd", "vimana.metadata.x--2nd"],
    ["x--a", "vimana.metadata.x--x--a"],
  ])("%s is %s", (key, name) => {
    expect(attributeOfKey(key)).toBe(name);
  });

  test.each(["vimana.metadata.", "vimana.metadata.App", "vimana.metadata.x--a", "vimana.metadata.x--_4", "other.a"])(
    "%s is nobody's",
    (name) => {
      expect(keyOfAttribute(name)).toBeUndefined();
    },
  );
});

describe("a compute's entries", () => {
  test("are given at creation, read, changed one by one, and taken away", async () => {
    const made = await say("POST /compute/", COMPUTE, METADATA, entry("a", '"1"'), entry("x--x___42", '"2"'));
    expect(made.status, made.body).toBe(201);
    expect(door.world.draft?.metadata).toEqual({ a: "1", B: "2" });
    const path = new URL(made.headers.location ?? "").pathname;
    const changed = await say(`POST ${path}`, entry("a", '"3"'));
    expect(changed.body).toContain("Category: metadata;");
    expect(changed.body).toContain('vimana.metadata.a="3"');
    expect(changed.body).toContain('vimana.metadata.x--x___42="2"');
    const full = await say(`PUT ${path}`, COMPUTE, METADATA, entry("a", '"3"'));
    expect(full.body).not.toContain("x--x___42");
    const none = await say(`PUT ${path}`, COMPUTE);
    expect(none.body).not.toContain("metadata");
    expect(none.body).toContain("occi.compute.hostname=");
  });

  test("leave what has attributes of its own alone", async () => {
    await say(`POST /compute/${WEB2}`, METADATA, entry("a", '"1"'));
    expect(metadata(WEB2)).toEqual({ "occi.compute.hostname": "foo 7 bar", a: "1" });
    expect((await say(`POST /compute/${WEB2}`, METADATA, entry("occi.compute.hostname", '"x"'))).status).toBe(400);
    expect((await say(`POST /compute/${WEB2}`, METADATA, entry("x--vimana_3amarker", '"x"'))).status).toBe(400);
  });

  test.each([
    ["a value that is too long", 400, [METADATA, entry("a", `"${"v".repeat(256)}"`)]],
    ["a key that is too long", 400, [METADATA, entry("a".repeat(256), '"v"')]],
    ["entries without the mixin", 400, [entry("a", '"1"')]],
    ["the mixin without entries", 400, [METADATA]],
    ["a name that is no key's", 400, [METADATA, entry("App", '"1"')]],
  ] as const)("%s: %i", async (_, status, lines) => {
    const reply = await say(`POST /compute/${WEB1}`, ...lines);
    expect([reply.status, metadata(WEB1)]).toEqual([status, {}]);
  });
});
