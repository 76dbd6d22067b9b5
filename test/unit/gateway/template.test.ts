import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadSchema } from "../../../src/gateway/operations.ts";
import { compileTemplate } from "../../../src/gateway/template.ts";

describe("path templates", () => {
  test("every segment of every value comes back, percent-encoded or not", () => {
    const template = compileTemplate("/vivnfm/v5/compute/{compute_id.value}/{compute_operation}");
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), fc.string({ minLength: 1 }), (id, operation) => {
        const path = `/vivnfm/v5/compute/${encodeURIComponent(id)}/${encodeURIComponent(operation)}`;
        expect(template.match(path)).toEqual(
          new Map([
            ["compute_id.value", id],
            ["compute_operation", operation],
          ]),
        );
      }),
    );
  });

  test.each([
    "/vivnfm/v5/images",
    "/vivnfm/v5/images/",
    "/vivnfm/v5/images/a/b",
    "/vivnfm/v5/images/%zz",
    "/x/v5/images/a",
  ])("%s is another path", (path) => {
    expect(compileTemplate("/vivnfm/v5/images/{software_image_id.value}").match(path)).toBeUndefined();
  });

  test.each(["images", "/a/*", "/a/**", "/a:verb", "/{a=b/*}"])("template %s is refused at start", (source) => {
    expect(() => compileTemplate(source)).toThrow("template");
  });

  test("every operation has an HTTP rule, and all of them compile", () => {
    const { operations } = loadSchema();
    // OCCI has an HTTP of its own (GFD.223), on a door of its own.
    expect(
      operations.filter(({ bindings, service }) => bindings.length === 0 && service !== "occi.v1.OcciService"),
    ).toEqual([]);
    const bindings = operations.flatMap((operation) => operation.bindings);
    expect(new Set(bindings.map(({ method, template }) => `${method} ${template}`)).size).toBe(bindings.length);
    for (const binding of bindings) expect(compileTemplate(binding.template).source).toBe(binding.template);
  });
});
