import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startOcci, type TestOcci } from "../../support/occiDoor.ts";

/** The category model of OCCI 1.2 as the query interface must print it, line by line and member by member. */

const golden = (file: string): string => readFileSync(new URL(`model/${file}`, import.meta.url), "utf8");

let door: TestOcci;
beforeAll(async () => {
  door = await startOcci();
});
afterAll(() => door.close());

test("text/plain holds every line of the model, core kinds first", async () => {
  const { body } = await door.send("GET /-/", [["Accept", "text/plain"]]);
  const wanted = golden("core-infrastructure.txt")
    .split("\n")
    .filter((line) => line !== "");
  const lines = body.split("\n");
  for (const line of wanted) expect(lines).toContain(line);
  expect(wanted.length).toBe(26);
  expect(lines.slice(0, 3)).toEqual(wanted.slice(0, 3));
});

interface Described {
  readonly scheme: string;
  readonly term: string;
  readonly attributes?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

test("JSON describes each attribute as the model does: mutable, required, type", async () => {
  const { body } = await door.send("GET /-/", [["Accept", "application/occi+json"]]);
  const served: Readonly<Record<string, readonly Described[]>> = JSON.parse(body);
  const model: Readonly<Record<string, readonly Described[]>> = JSON.parse(golden("core-infrastructure.json"));
  let count = 0;
  for (const [list, categories] of Object.entries(model)) {
    for (const { scheme, term, attributes = {} } of categories) {
      const own = served[list]?.find((other) => other.scheme === scheme && other.term === term);
      expect(own, scheme + term).toBeDefined();
      expect(Object.keys(own?.attributes ?? {})).toEqual(Object.keys(attributes));
      for (const [name, { mutable, required, type, pattern }] of Object.entries(attributes)) {
        const form = pattern === undefined ? {} : { pattern };
        expect(own?.attributes?.[name], name).toMatchObject({ mutable, required, type, ...form });
        count += 1;
      }
    }
  }
  expect(count).toBeGreaterThan(30);
});
