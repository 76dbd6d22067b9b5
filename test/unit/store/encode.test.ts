import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject } from "../../../src/cloud/store.ts";
import { checkText, compareText, decodeBody, encodeBody } from "../../../src/store/encode.ts";
import { join, raw, sql } from "../../../src/store/plan.ts";

function nested(depth: number): JsonObject {
  let body: JsonObject = {};
  for (let level = 0; level < depth; level++) body = { a: body };
  return body;
}

test("a body comes back as it went in, or is refused", () => {
  const bodies = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary", maxDepth: 2 }), {
    maxKeys: 4,
  });
  fc.assert(
    fc.property(bodies, (body) => {
      const plain: JsonObject = JSON.parse(JSON.stringify(body));
      expect(decodeBody(encodeBody("body", plain, 1e6))).toEqual(plain);
    }),
  );
});

test("a body's depth and bytes are limited before they hurt", () => {
  expect(() => encodeBody("body", nested(10_000), 1e6)).toThrow(/nested deeper than 64/);
  expect(decodeBody(encodeBody("body", nested(60), 1e6))).toEqual(nested(60));
  // {"a":"éé"} is ten characters and twelve bytes.
  expect(encodeBody("body", { a: "éé" }, 12)).toBe('{"a":"éé"}');
  expect(() => encodeBody("body", { a: "éé" }, 11)).toThrow(/12 bytes as JSON, of at most 11/);
});

test("text is measured in bytes", () => {
  expect(checkText("f", "é".repeat(5), 10)).toHaveLength(5);
  expect(() => checkText("f", "é".repeat(5), 9)).toThrow("f has 10 bytes, of at most 9");
});

test("text has the order of its bytes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
      const hex = (text: string): string => Buffer.from(text).toString("hex");
      expect(Math.sign(compareText(a, b))).toBe(hex(a) === hex(b) ? 0 : hex(a) < hex(b) ? -1 : 1);
    }),
  );
});

test("values of statements never become text", () => {
  const isIn = join(
    [1, 2].map((n) => sql`${n}`),
    ", ",
  );
  const statement = sql`SELECT ${raw("x")} FROM t WHERE a = ${"'; DROP"} AND b IN (${isIn}) AND ${sql`c = ${null}`}`;
  expect(statement).toEqual({
    parts: ["SELECT x FROM t WHERE a = ", " AND b IN (", ", ", ") AND c = ", ""],
    values: ["'; DROP", 1, 2, null],
  });
});

test("pg is not loaded until a store needs it", () => {
  const index = new URL("../../../src/store/index.ts", import.meta.url);
  const program = `
    import { createRequire } from "node:module";
    const { openStore } = await import(${JSON.stringify(index.href)});
    const store = await openStore({ kind: "memory", clock: { now: Date.now }, ids: {} });
    const loaded = () => Object.keys(createRequire(${JSON.stringify(index.href)}).cache).some((path) => /node_modules.pg/.test(path));
    const before = loaded();
    await import(${JSON.stringify(new URL("postgres.ts", index).href)});
    console.log(before, loaded());`;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  expect(output.trim()).toBe("false true");
});
