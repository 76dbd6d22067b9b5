import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { VirtualCompute } from "../../generated/ts/kubevim/compute.ts";
import type { SoftwareImageInformation } from "../../generated/ts/kubevim/image.ts";
import { CloudError } from "../../src/cloud/index.ts";
import { compileFilter } from "../../src/etsi/filter/filter.ts";
import { OPERATORS, parseFilter } from "../../src/etsi/filter/parse.ts";

/** SOL 013 §5.2: filters of query operations. */

const image = (over: Partial<SoftwareImageInformation>): SoftwareImageInformation => ({
  softwareImageId: { value: "i1" },
  name: "cirros",
  createdAt: new Date("2026-01-02T03:04:05Z"),
  updatedAt: new Date("2026-01-02T03:04:05Z"),
  size: { string: "1Gi" },
  status: "ready",
  metadata: { fields: { os_distro: "cirros", "hw:x/y": "1" } },
  ...over,
});

const images = (filter: string, item = image({})): boolean =>
  compileFilter<SoftwareImageInformation>(filter, "SoftwareImageInformation", ({ name }) => name).matches(item);

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const NAME_ESCAPES: Readonly<Record<string, string>> = { "~": "~0", "/": "~1", ",": "~a", "@": "~b" };
const escapeName = (text: string): string => text.replace(/[~/,@]/g, (character) => NAME_ESCAPES[character] ?? "");

describe("grammar", () => {
  test("any terms come back as they were written", () => {
    const name = fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => !text.includes(")"));
    const term = fc.record({
      operator: fc.constantFrom(...OPERATORS),
      path: fc.array(fc.record({ name, isKey: fc.boolean() }), { minLength: 1, maxLength: 4 }),
      values: fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(term, { minLength: 1, maxLength: 5 }), fc.boolean(), (terms, withPrefix) => {
        const single = new Set(["eq", "neq", "gt", "gte", "lt", "lte"]);
        const wanted = terms.map((one) => ({
          ...one,
          values: single.has(one.operator) ? one.values.slice(0, 1) : one.values,
        }));
        const text = wanted
          .map(({ operator, path, values }) => {
            const attribute = path.map((step) => `${step.isKey ? "@" : ""}${escapeName(step.name)}`).join("/");
            return `(${operator},${attribute},${values.map(quote).join(",")})`;
          })
          .join(";");
        const parsed = parseFilter(withPrefix ? `filter=${text}` : text);
        expect(parsed.kind).toBe("terms");
        const got = parsed.kind === "terms" ? parsed.terms : [];
        expect(
          got.map(({ operator, path, values }) => ({ operator, path, values: values.map((value) => value.text) })),
        ).toEqual(wanted);
      }),
    );
  });

  test("any text is a filter or a fault with a position within it", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc
        .array(fc.constantFrom("(", ")", ",", ";", "'", "eq", "name", "/", "@", "~", "x"), { maxLength: 24 })
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (input) => {
        try {
          images(input);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(CloudError);
          const position = Number(/position (\d+)/.exec(String(thrown))?.[1]);
          expect(position).toBeGreaterThanOrEqual(0);
          expect(position).toBeLessThanOrEqual(input.length);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["(eq,name", 8, "expected , or )"],
    ["(eq,name,x", 10, "expected , or )"],
    ["(like,name,x)", 1, "unknown operator"],
    ["(eq,name,'x)", 9, "the quote is not closed"],
    ["(eq,name,x)(eq,name,y)", 11, "expected ; or the end"],
    ["(eq,name)", 0, "eq needs a value"],
    ["(eq,name,a,b)", 0, "eq takes one value"],
    ["(eq,nme,x)", 0, "unknown attribute nme"],
    ["(eq,__proto__,x)", 0, "unknown attribute __proto__"],
    ["(gt,size,large)", 9, "an amount such as 512Mi is expected"],
    ["(gt,createdAt,yesterday)", 14, "an RFC 3339 time is expected"],
    ["(eq,metadata,x)", 0, "fields is a map"],
    ["(eq,name/x,y)", 0, "name has no members"],
    ["(eq,name~2,y)", 4, "~ must be followed by"],
  ])("%s is refused at %i: %s", (text, position, why) => {
    expect(() => images(text)).toThrow(`position ${position}: `);
    expect(() => images(text)).toThrow(why);
  });
});

describe("comparison", () => {
  test("a text without ( asks for a name that contains it", () => {
    expect([images("rro"), images("ubuntu"), images(""), images("filter=cir")]).toEqual([true, false, true, true]);
  });

  test("amounts compare by size, whatever their spelling", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), fc.integer({ min: 0, max: 2 ** 40 }), (have, want) => {
        const item = image({ size: { string: `${have}Ki` } });
        expect(images(`(gt,size,${want}Ki)`, item)).toBe(have > want);
        expect(images(`(lte,size/string,${want * 1024})`, item)).toBe(have <= want);
      }),
    );
  });

  test.each([
    ["(eq,softwareImageId/value,i1)", true],
    ["(eq,softwareImageId,i1)", true],
    ["(in,name,a,cirros)", true],
    ["(nin,name,a,cirros)", false],
    ["(cont,name,zz,rr)", true],
    ["(ncont,name,zz,rr)", false],
    ["(gte,createdAt,2026-01-02T04:04:05+01:00)", true],
    ["(gt,createdAt,2026-01-02T04:04:05+01:00)", false],
    ["(eq,metadata/@os_distro,cirros)", true],
    ["(eq,metadata/fields/@hw:x~1y,1)", true],
    ["(eq,metadata/@absent,1)", false],
    ["(neq,provider,x)", false],
    ["(gt,minDisk,0)", false],
    ["(eq,name,cirros);(eq,status,ready)", true],
    ["(eq,name,cirros);(eq,status,queued)", false],
  ])("%s is %s", (text, expected) => {
    expect(images(text)).toBe(expected);
  });

  test("texts are ordered by code point, numbers by value", () => {
    const flavour = (count: number) => ({ virtualCpu: { numVirtualCpu: count } });
    const cpus = compileFilter("(gt,virtualCpu/numVirtualCpu,9)", "VirtualComputeFlavour", () => "");
    expect([cpus.matches(flavour(10)), cpus.matches(flavour(9))]).toEqual([true, false]);
    expect(images("(gt,name,\uFFFD)", image({ name: "\u{10000}" }))).toBe(true);
  });

  test("enumerations take either spelling and no other word", () => {
    const network = (text: string) =>
      compileFilter(text, "VirtualNetwork", () => "").matches({ networkType: "NETWORK_TYPE_UNDERLAY" });
    expect([network("(eq,networkType,UNDERLAY)"), network("(eq,networkType,OVERLAY)")]).toEqual([true, false]);
    expect(() => network("(eq,networkType,WOBBLY)")).toThrow("position 16");
    expect(() => network("(gt,networkType,OVERLAY)")).toThrow("needs an attribute with an order");
  });

  test("terms on one list must hold for the same element", () => {
    const card = (mac: string, ip: string) => ({ macAddress: { mac }, ipAddress: [{ ip }, { ip: "fe80::1" }] });
    const server = {
      virtualNetworkInterface: [card("m1", "10.0.0.1"), card("m2", "10.0.0.2")],
    } as unknown as VirtualCompute;
    const holds = (text: string) => compileFilter<VirtualCompute>(text, "VirtualCompute", () => "").matches(server);
    const at = "virtualNetworkInterface";
    expect(holds(`(eq,${at}/macAddress,m1);(eq,${at}/ipAddress/ip,10.0.0.1)`)).toBe(true);
    expect(holds(`(eq,${at}/macAddress,m1);(eq,${at}/ipAddress/ip,10.0.0.2)`)).toBe(false);
    expect(holds(`(eq,${at}/ipAddress,fe80::1)`)).toBe(true);
  });
});
