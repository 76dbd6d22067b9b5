import { describe, expect, test } from "vitest";
import {
  action,
  attribute,
  COMPUTE,
  CORE,
  codeOf,
  I,
  JSON_TYPE,
  kind,
  linesOf,
  location,
  RES,
  type Stage,
  shownIn,
} from "../stage.ts";

/** Items 14–27. */
export function grammar(stage: Stage): void {
  const volume = (...lines: readonly string[]) =>
    stage.text("POST /storage/", kind("storage"), attribute("occi.storage.size", "1.0"), ...lines);
  const kept = async (...lines: readonly string[]): Promise<string> => {
    const reply = await volume(...lines);
    expect(reply.status, reply.body).toBe(201);
    return stage.made(new URL(reply.headers.location ?? "").pathname);
  };

  describe("text grammar", () => {
    test("14 a category's parameters come in the order of the grammar; any order is read ([T]4.1, [h]3.5.1)", async () => {
      const [line = ""] = linesOf(
        await stage.send("GET /-/", [["Category", `scheme="x#"; storage`]]).then(async (bad) => {
          expect(bad.status).toBe(400);
          return stage.send("GET /-/", [["Category", `storage; class=kind; scheme="${I}#"`]]);
        }),
      );
      const words = ["storage;", "scheme=", "class=", "title=", "rel=", "location=", "attributes=", "actions="];
      const places = words.map((word) => line.indexOf(word));
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(places).not.toContain(-1);
    });

    test("15 terms are small letters, digits, - and _, also those of templates; schemes end in # ([h]3.5)", async () => {
      for (const line of linesOf(await stage.send("GET /-/"))) {
        expect(line).toMatch(/^Category: [a-z0-9][a-z0-9_-]*; scheme="[^"#]+#";/);
      }
      for (const scheme of ["http://e.example/", "e", "", "http://e.example/#x"]) {
        expect((await stage.text("POST /-/", `Category: a; scheme="${scheme}"; class="mixin"`)).status, scheme).toBe(
          400,
        );
      }
    });

    test("16 rel is a kind's parent, and the first thing a mixin depends on ([T]5.5)", async () => {
      const body = linesOf(await stage.send("GET /-/"));
      const line = (start: string) => body.find((one) => one.startsWith(`Category: ${start};`));
      expect(line("compute")).toContain(`rel="${CORE}resource"`);
      expect(line("storagelink")).toContain(`rel="${CORE}link"`);
      expect(line("entity")).not.toContain("rel=");
      expect(body.find((one) => one.includes(RES))).toContain(`rel="${I}#resource_tpl"`);
      expect(line("ipnetwork")).not.toContain("rel=");
    });

    test("17 every attribute is listed with what it demands ([h]3.5.1)", async () => {
      const { body } = await stage.send("GET /-/");
      expect(body).toContain("occi.storage.size{required}");
      expect(body).toContain("occi.compute.state{immutable}");
      expect(body).toMatch(/occi\.core\.source\{immutable required\}/);
      expect(body).toMatch(/attributes="[^"]*occi\.compute\.cores /);
      expect(body).toMatch(/Category: stop; [^\n]*attributes="method"/);
    });

    test("18 a link names its target, the target's kind, itself, and its own kind and mixins ([T]4.2)", async () => {
      const path = await stage.compute();
      const line = linesOf(await stage.send(`GET ${path}`)).find((one) => one.includes(`<${stage.network}>`));
      expect(line).toMatch(
        new RegExp(
          `^Link: <${stage.network}>; rel="${I}#network"; self="/networkinterface/[^"]+"; category="${I}#networkinterface `,
        ),
      );
    });

    test("19 actions are links, only those that are possible now ([h]3.4.4)", async () => {
      const path = await stage.compute();
      const { body } = await stage.send(`GET ${path}`);
      expect(body).toContain(`Link: <${path}?action=stop>; rel="${I}/compute/action#stop"`);
      expect(body).not.toContain("?action=start>");
    });

    test("20 values: quoted text, numbers without exponent, a sign is read and refused by its meaning ([T]4.3)", async () => {
      for (const value of ["1e3", "--1", "1.", ".5", "0x1", "1.2.3", '"1', "1 2", "", "tru e"]) {
        const reply = await stage.text("POST /storage/", kind("storage"), attribute("occi.storage.size", value));
        expect([reply.status, value]).toEqual([400, value]);
      }
      const reply = await stage.text("POST /storage/", kind("storage"), attribute("occi.storage.size", "-1"));
      expect([reply.status, codeOf(reply)]).toEqual([400, "invalid-value"]);
      const path = await kept(attribute("occi.core.title", String.raw`"say \"hi\" \\ there"`));
      expect(shownIn(await stage.send(`GET ${path}`), "occi.core.title")).toBe(String.raw`"say \"hi\" \\ there"`);
      // Suites' own parsers cannot read such a text.
      expect((await stage.send(`DELETE ${path}`)).status).toBe(200);
    });

    test("21 floats carry a point, integers never ([I]3; decision)", async () => {
      const reply = await stage.send(`GET ${await stage.compute()}`);
      expect(shownIn(reply, "occi.compute.memory")).toMatch(/^\d+\.\d{1,2}$/);
      expect(shownIn(reply, "occi.compute.cores")).toMatch(/^\d+$/);
    });

    test("22 locations are absolute URLs ([T]4.4)", async () => {
      await stage.compute();
      for (const line of linesOf(await stage.send("GET /compute/"))) {
        expect(line).toMatch(new RegExp(`^X-OCCI-Location: ${stage.base}/compute/[0-9a-f-]{36}$`));
      }
    });

    test("23 a comma list is repeated lines, in bodies and headers; quotes hide commas ([h]3.5)", async () => {
      const title = String.raw`"a \", occi.storage.size=7.0"`;
      const one = await kept(`X-OCCI-Attribute: occi.core.title=${title}, occi.core.summary="b; c"`);
      const shown = await stage.send(`GET ${one}`);
      expect([shownIn(shown, "occi.storage.size"), shownIn(shown, "occi.core.title")]).toEqual(["1.0", title]);
      expect(shownIn(shown, "occi.core.summary")).toBe('"b; c"');
      expect((await stage.send(`DELETE ${one}`)).status).toBe(200);
      const two = await stage.occi(
        "POST /storage/",
        kind("storage"),
        'X-OCCI-Attribute: occi.storage.size=1.0, occi.core.title="x"',
        attribute("occi.core.summary", '"y, z"'),
      );
      expect(two.status).toBe(201);
      const path = stage.made(new URL(two.headers.location ?? "").pathname);
      expect(shownIn(await stage.send(`GET ${path}`), "occi.core.summary")).toBe('"y, z"');
    });

    test("24 what old clients write is read: line ends, blanks, semicolons, cases, bare classes, quoted numbers (practice)", async () => {
      const tolerated = [
        `category:storage;scheme="${I}#";class=kind;`,
        "",
        'x-occi-attribute:occi.storage.size="1.0" ;',
        'X-OCCI-Attribute :  occi.core.title = "t"',
      ];
      for (const eol of ["\n", "\r\n", "\n\n", "\n\r"]) {
        const plain = [["Content-Type", "text/plain"]] as const;
        const reply = await stage.send("POST /storage/", plain, tolerated.join(eol) + eol);
        expect(reply.status, reply.body).toBe(201);
        stage.made(new URL(reply.headers.location ?? "").pathname);
      }
    });

    test("25 what cannot be understood is 400 and says where (decision)", async () => {
      const faulty = [
        "Category:",
        'Category: ; scheme="http://e.example/#"',
        "Category: storage",
        'Category: storage; scheme="http://e.example/#"; class="sort"',
        `Category: storage; scheme="${I}#; class="kind"`,
        'Category: storage; scheme="http://e.example/#"; scheme="http://e.example/#"',
        'Category: storage; scheme="http://e.example/#"; colour="red"',
        "X-OCCI-Attribute: occi.storage.size",
        'X-OCCI-Attribute: ="x"',
        'X-OCCI-Attribute: occi..size="x"',
        'X-OCCI-Attribute: occi/size="x"',
        "X-OCCI-Attribute: occi.core.title=a/b",
        `Link: ${stage.network}; rel="${I}#network"`,
        `Link: <${stage.network}>`,
        `Link: <>; rel="${I}#network"`,
        `Link: <a b>; rel="${I}#network"`,
        "X-OCCI-Location: a b",
        "X-Other: x",
        "Category",
        'X-OCCI-Attribute: occi.core.title="\u0001"',
      ];
      for (const line of faulty) {
        const reply = await stage.text("POST /storage/", kind("storage"), attribute("occi.storage.size", "1.0"), line);
        expect([reply.status, codeOf(reply)], line).toEqual([400, "malformed"]);
        expect(reply.body).toMatch(/character \d+|line \d+/);
      }
    });

    test("26 JSON's members are the text's core attributes ([T]5.5)", async () => {
      const kindOf = `${I}#storage`;
      const reply = await stage.json("POST /storage/", {
        kind: kindOf,
        title: "t",
        summary: "s",
        attributes: { "occi.storage.size": 1 },
      });
      const path = stage.made(new URL(reply.headers.location ?? "").pathname);
      const text = await stage.send(`GET ${path}`);
      expect([shownIn(text, "occi.core.title"), shownIn(text, "occi.core.summary")]).toEqual(['"t"', '"s"']);
      const json = JSON.parse((await stage.send(`GET ${path}`, [["Accept", JSON_TYPE]])).body);
      expect(json).toMatchObject({
        kind: kindOf,
        id: shownIn(text, "occi.core.id")?.slice(1, -1),
        title: "t",
        summary: "s",
      });
      const twice = { kind: kindOf, title: "t", attributes: { "occi.core.title": "t", "occi.storage.size": 1 } };
      expect((await stage.json("POST /storage/", twice)).status).toBe(400);
    });

    test("27 core kinds come first, which ctf_35 reads (practice)", async () => {
      const lines = linesOf(await stage.send("GET /-/"));
      expect(lines.slice(0, 3).map((line) => line.split(";")[0])).toEqual([
        "Category: entity",
        "Category: resource",
        "Category: link",
      ]);
      expect(lines[1]).toMatch(/[\w\d_-]+; ?scheme="[a-z:./#]*"; ?class="(?:action|kind|mixin)"/);
    });

    test("values that no message should hold are refused, not swallowed (§1.5, §6)", async () => {
      const many = Array.from({ length: 1001 }, (_, at) => attribute(`a.b${at}`, "1"));
      expect((await volume(...many)).status).toBe(400);
      expect(
        (await stage.text(`POST ${await stage.compute()}?action=stop`, COMPUTE, action("compute", "stop"))).status,
      ).toBe(400);
      expect((await stage.text("POST /compute/", location("/compute/x"), COMPUTE)).status).toBe(400);
    });
  });
}
