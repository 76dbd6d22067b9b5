import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CloudError } from "../../src/cloud/index.ts";
import { negotiate, readContentType } from "../../src/occi/http/negotiate.ts";
import { readQuery } from "../../src/occi/http/query.ts";
import { checkVersion } from "../../src/occi/http/version.ts";
import { targetOf } from "../../src/occi/operate/target.ts";
import { parseJsonMessages } from "../../src/occi/parse/json.ts";
import { isObject, type Json, parseJson } from "../../src/occi/parse/strictJson.ts";
import { fieldsOfBody, parseFields } from "../../src/occi/parse/text.ts";
import { headerText } from "../../src/occi/render/headers.ts";
import { idOfTerm, termOfId } from "../../src/occi/term.ts";

describe("hostile input", () => {
  const soup = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          "Category: ",
          "Link: ",
          "X-OCCI-Attribute: ",
          "X-OCCI-Location: ",
          "compute",
          "; scheme=",
          "class=",
        ),
        fc.constantFrom(
          '"',
          "\\",
          ";",
          ",",
          "=",
          "<",
          ">",
          "\n",
          "\r",
          "\t",
          "#",
          "http://a/#",
          "1.2",
          "-",
          "{",
          "}",
          "[",
          "]",
        ),
        fc.string({ unit: "binary", maxLength: 5 }),
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join(""));

  const readers: Readonly<Record<string, (text: string) => unknown>> = {
    "a text body": (body) => parseFields(fieldsOfBody(body)),
    "a header": (value) => parseFields([{ name: "link", value }]),
    "header text": (value) => headerText(Buffer.from(value).toString("latin1")),
    "a JSON body": parseJsonMessages,
    "an Accept": negotiate,
    "a Content-Type": readContentType,
    "a query": (query) => readQuery(query, { bodyBytes: 1, headerBytes: 1, pageSize: 10 }),
    "a path": targetOf,
    "a User-Agent": checkVersion,
    "a term": idOfTerm,
  };

  test.each(Object.entries(readers))("%s is read or refused with a CloudError", (_, read) => {
    fc.assert(
      fc.property(soup, (value) => {
        try {
          read(value);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(CloudError);
        }
      }),
      { numRuns: 500 },
    );
  });

  const MIB = 1024 * 1024;
  const shapes: Readonly<Record<string, string>> = {
    commas: `Category: ${",".repeat(4 * MIB)}`,
    semicolons: `Category: a${";".repeat(4 * MIB)}`,
    "one long quote": `X-OCCI-Attribute: a="${"\\\\".repeat(2 * MIB)}"`,
    "an open quote": `X-OCCI-Attribute: a="${"x".repeat(4 * MIB)}`,
    "an open bracket": `Link: <${"<".repeat(4 * MIB)}`,
    "many lines": "Category: a\n".repeat(300_000),
    "blank lines": "\n".repeat(4 * MIB),
    blanks: `Category:${" ".repeat(4 * MIB)}`,
    "an unknown name": "x".repeat(4 * MIB),
  };

  test.each(Object.entries(shapes))("%s: megabytes take no longer than reading them", (_, body) => {
    const since = performance.now();
    try {
      parseFields(fieldsOfBody(body));
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(CloudError);
    }
    expect(performance.now() - since).toBeLessThan(5_000);
  });

  test.each(["[", '{"a":', '"\\u0041', "1", " "])("JSON of megabytes of %s", (piece) => {
    const since = performance.now();
    try {
      parseJson(piece.repeat(MIB));
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(CloudError);
    }
    expect(performance.now() - since).toBeLessThan(5_000);
  });
});

describe("strict JSON", () => {
  const back = (json: Json): unknown => {
    if (Array.isArray(json)) return json.map(back);
    return isObject(json) ? Object.fromEntries([...json].map(([name, value]) => [name, back(value)])) : json;
  };

  test("reads what JSON.parse reads", () => {
    const depth = { maxDepth: 5, stringUnit: "grapheme" } as const;
    const values = fc.jsonValue(depth).filter((value) => !JSON.stringify(value).includes("__proto__"));
    fc.assert(
      fc.property(values, fc.constantFrom(0, 2), (value, indent) => {
        expect(back(parseJson(JSON.stringify(value, null, indent)))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("refuses what JSON.parse refuses", () => {
    const almost = fc.tuple(
      fc.json({ maxDepth: 3 }),
      fc.nat(),
      fc.constantFrom(",", '"', "}", "]", "\\", "0", "x", "\u0001", ""),
    );
    fc.assert(
      fc.property(almost, ([json, at, piece]) => {
        const place = at % (json.length + 1);
        const broken = json.slice(0, place) + piece + json.slice(place + 1);
        const isJson = succeeds(() => JSON.parse(broken));
        if (!isJson) expect(succeeds(() => parseJson(broken))).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  const succeeds = (doing: () => unknown): boolean => {
    try {
      doing();
      return true;
    } catch {
      return false;
    }
  };
});

describe("terms", () => {
  test("every id has one term, and the term leads back to it", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 1 }).filter((id) => id.isWellFormed()),
        (id) => {
          expect(termOfId(id)).toMatch(/^[a-z0-9][a-z0-9_-]*$/);
          expect(idOfTerm(termOfId(id))).toBe(id);
        },
      ),
    );
  });

  test("a term that no id has stands for nothing", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9_-]{1,12}$/), (term) => {
        const id = idOfTerm(term);
        if (id !== undefined) expect(termOfId(id)).toBe(term);
      }),
    );
    expect([idOfTerm("m1.tiny"), idOfTerm("_6d"), idOfTerm("_ff"), idOfTerm("A"), idOfTerm("")]).toEqual(
      Array.from({ length: 5 }, () => undefined),
    );
    expect(termOfId("m1.tiny")).toBe("m1_2etiny");
  });
});
