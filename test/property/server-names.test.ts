import fc from "fast-check";
import { expect, test } from "vitest";
import { markerIn, parseNames } from "../../src/backends/openstack/compute/server-names.ts";
import { parseObject } from "../../src/backends/openstack/json.ts";
import { nextQuery } from "../../src/backends/openstack/paging.ts";

const text = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^(?:[\\"\]}{[,: \n]|links|rel|href)*$/));
const link = fc.record({ rel: text, href: text });
const plain = fc.stringMatching(/^[a-z0-9\] {}[,:-]*$/);
const plainLinks = fc.array(fc.record({ rel: plain, href: plain }), { minLength: 1 });
const server = fc.oneof(
  fc.record({ id: fc.oneof(fc.uuid(), text), name: text, links: fc.array(link) }),
  fc.record({ id: fc.uuid(), name: plain, links: plainLinks }),
);
/** What only some clouds say of some servers, and what no cloud should. */
const odd = fc.oneof(fc.jsonValue(), fc.record({ id: text, status: text, links: fc.jsonValue() }));
const body = fc.record({
  servers: fc.array(fc.oneof({ weight: 9, arbitrary: server }, odd)),
  servers_links: fc.option(fc.array(link), { nil: undefined }),
});

/** As JavaScript writes JSON, and as Python does: with blanks, and in ASCII. */
const forms: readonly ((value: unknown) => string)[] = [
  (value) => JSON.stringify(value),
  (value) =>
    JSON.stringify(value, null, 1)
      .replaceAll(/\n */g, "")
      .replaceAll(/,(?=["{])/g, ", "),
  (value) =>
    JSON.stringify(value).replaceAll(
      /[\u007f-\uffff]/g,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
];

const withoutLinks = (json: string) => JSON.parse(json, (key, value) => (key === "links" ? undefined : value));

test("names are what any reading of the JSON finds, whatever a cloud calls its servers", () => {
  let shortened = 0;
  fc.assert(
    fc.property(body, fc.constantFrom(...forms), (value, form) => {
      const said = form(value);
      const found = JSON.stringify(parseNames(said, "the answer"));
      if (found.length < JSON.stringify(parseObject(said, "the answer")).length) shortened += 1;
      expect(withoutLinks(found)).toEqual(withoutLinks(said));
    }),
    { numRuns: 1000 },
  );
  expect(shortened).toBeGreaterThan(100);
});

test("the next page's marker, read from the end of the text, is the one that reading all of it finds", () => {
  const marker = fc.oneof(fc.uuid(), text);
  const next = marker.map((one) => ({
    rel: "next",
    href: `http://cloud/servers?limit=2&marker=${encodeURIComponent(one)}`,
  }));
  const tails = fc.oneof(fc.array(link), fc.tuple(next), fc.tuple(link, next), fc.jsonValue());
  const bodies = fc.oneof(
    fc.record({ servers: fc.array(fc.oneof(server, odd)), servers_links: tails }),
    fc.record({ servers_links: tails, servers: fc.array(fc.oneof(server, fc.record({ servers_links: tails }))) }),
  );
  let found = 0;
  fc.assert(
    fc.property(bodies, fc.constantFrom(...forms), (value, form) => {
      const said = form(value);
      const told = markerIn(said);
      const query = nextQuery(parseObject(said, "the answer"), "servers");
      if (told !== undefined) found += 1;
      if (told !== undefined) expect(told).toBe(query?.find(([name]) => name === "marker")?.[1]);
    }),
    { numRuns: 1000 },
  );
  expect(found).toBeGreaterThan(100);
});
