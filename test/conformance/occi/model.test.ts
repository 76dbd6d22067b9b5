import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fakeFlavour, fakeNetwork } from "../../support/fakeThings.ts";
import { smallWorld, startOcci, type TestOcci } from "../../support/occiDoor.ts";

/** The category model of OCCI 1.2 as the query interface must print it, line by line and member by member. */

const golden = (file: string): string => readFileSync(new URL(`model/${file}`, import.meta.url), "utf8");

let door: TestOcci;
beforeAll(async () => {
  const world = smallWorld();
  world.networks.set("public", fakeNetwork({ id: "public", name: "public", projectId: "admin", isExternal: true }));
  // The model has every profile of GFD.222; it names none of the flavours that hold the larger ones.
  world.flavours.set("huge", fakeFlavour({ id: "huge", vcpus: 8, ramMiB: 65_536, diskGiB: 80 }));
  door = await startOcci({}, world);
});
afterAll(() => door.close());

interface Described {
  readonly scheme: string;
  readonly term: string;
  readonly attributes?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly [member: string]: unknown;
}
type Model = Readonly<Record<string, readonly Described[]>>;

describe.each([
  ["core-infrastructure", 26, 30],
  ["practice-and-extensions", 25, 25],
] as const)("%s", (file, categories, attributes) => {
  const wanted = golden(`${file}.txt`)
    .split("\n")
    .filter((line) => line !== "");

  test("text/plain holds every line of the model, in its order", async () => {
    const { body } = await door.send("GET /-/", [["Accept", "text/plain"]]);
    const lines = body.split("\n");
    for (const line of wanted) expect(lines).toContain(line);
    expect(wanted.length).toBe(categories);
    const kinds = wanted.filter((line) => line.includes('class="kind"'));
    expect(lines.filter((line) => kinds.includes(line))).toEqual(kinds);
  });

  test("JSON describes each category and attribute as the model does", async () => {
    const { body } = await door.send("GET /-/", [["Accept", "application/occi+json"]]);
    const served: Model = JSON.parse(body);
    const model: Model = JSON.parse(golden(`${file}.json`));
    let count = 0;
    for (const [list, described] of Object.entries(model)) {
      for (const { attributes = {}, ...category } of described) {
        const own = served[list]?.find(({ scheme, term }) => scheme === category.scheme && term === category.term);
        expect(own, category.scheme + category.term).toMatchObject(category);
        expect(Object.keys(own?.attributes ?? {})).toEqual(Object.keys(attributes));
        for (const [name, { description: _, ...words }] of Object.entries(attributes)) {
          expect(own?.attributes?.[name], name).toMatchObject(words);
          count += 1;
        }
      }
    }
    expect(count).toBeGreaterThan(attributes);
  });
});

test("core kinds come first, and nothing is served twice or at the same place", async () => {
  const { body } = await door.send("GET /-/");
  const lines = body.split("\n");
  const core = golden("core-infrastructure.txt").split("\n").slice(0, 3);
  expect(lines.slice(0, 3)).toEqual(core);
  const names = lines.map((line) => /^Category: (\S+); scheme="(\S+)";/.exec(line)?.slice(1).join(" "));
  expect(new Set(names).size).toBe(lines.length);
  const locations = lines.flatMap((line) => /location="([^"]*)"/.exec(line)?.[1] ?? []);
  expect(new Set(locations).size).toBe(locations.length);
});
