import type { EntityView, Talk } from "./talk.ts";
import { expectLine, expectStatus, expectThat, expectType } from "./talk.ts";

/** One thing that OCCI asks for, and how to find out. */
export interface Check {
  readonly title: string;
  readonly source: string;
  readonly creates?: string;
  readonly needsMachine?: true;
  readonly run: (talk: Talk) => Promise<void>;
}

export const PLAIN = "text/plain";
export const JSON_TYPE = "application/occi+json";
const CORE = "http://schemas.ogf.org/occi/core#";
export const INFRASTRUCTURE = "http://schemas.ogf.org/occi/infrastructure#";

export const kindLine = (term: string): string => `Category: ${term}; scheme="${INFRASTRUCTURE}"; class="kind"`;
const mixinLine = ({ name }: Talk): string =>
  `Category: ${name}; scheme="http://example.org/vimana/self-test#"; class="mixin"; location="/${name}/"`;

/** The protocol itself: versions, negotiation, the query interface, what is refused. Nothing is created but a mixin. */
export const PROTOCOL_CHECKS: readonly Check[] = [
  {
    title: "every answer names OCCI 1.2",
    source: "GFD.223 §5.3",
    async run({ send }) {
      const { headers } = await send("GET", "/-/");
      expectThat(/OCCI\/1\.2/.test(String(headers.server)), `Server is ${headers.server}`);
    },
  },
  {
    title: "a client of a higher version is told 501",
    source: "GFD.223 §5.3",
    run: async ({ send }) => expectStatus(await send("GET", "/-/", { "user-agent": "self-test OCCI/2.0" }), 501),
  },
  {
    title: "without credentials 401 says where to sign in",
    source: "GFD.223 §12",
    async run({ send }) {
      const reply = await send("GET", "/-/", { "x-auth-token": "nobody" });
      expectStatus(reply, 401);
      expectThat(reply.headers["www-authenticate"] !== undefined, "no WWW-Authenticate");
    },
  },
  ...[PLAIN, "text/occi", JSON_TYPE].map((type) => ({
    title: `the query interface in ${type}`,
    source: "GFD.223 §9.1",
    async run({ send }: Talk) {
      // Headers have no room for everything.
      const filter = type === "text/occi" ? { category: `compute; scheme="${INFRASTRUCTURE}"` } : {};
      const reply = await send("GET", "/-/", { accept: type, ...filter });
      expectStatus(reply, 200);
      expectType(reply, type);
      const where = type === "text/occi" ? String(reply.headers.category) : reply.body;
      expectThat(where.includes("compute"), "no compute in it");
    },
  })),
  {
    title: "core kinds come first",
    source: "GFD.221 §5.4",
    async run({ send }) {
      const [first = ""] = (await send("GET", "/-/", { accept: PLAIN })).body.split("\n");
      expectThat(first.includes(`entity; scheme="${CORE}"`), `the first line is ${first}`);
    },
  },
  {
    title: "the well-known address answers the same",
    source: "GFD.223 §9.1",
    async run({ send }) {
      const [own, known] = [await send("GET", "/-/"), await send("GET", "/.well-known/org/ogf/occi/-/")];
      expectStatus(known, 200);
      expectThat(own.body === known.body, "the answers differ");
    },
  },
  {
    title: "a filter shows exactly what it names, an unknown one 404",
    source: "GFD.185 §3.4.1",
    async run({ send }) {
      const one = await send("GET", "/-/", { category: `network; scheme="${INFRASTRUCTURE}"` });
      expectThat(one.body.split("\n").length === 1, "more than one category");
      expectStatus(await send("GET", "/-/", { category: 'nobody; scheme="http://example.org/x#"' }), 404, 400);
    },
  },
  {
    title: "a rendering that nobody serves is 406, a body of an unknown type 415",
    source: "GFD.185 §3.6.6",
    async run({ send }) {
      expectStatus(await send("GET", "/-/", { accept: "application/xml" }), 406);
      expectStatus(await send("POST", "/storage/", { "content-type": "application/xml" }, "<x/>"), 415);
    },
  },
  ...[
    ["an unterminated quote", `Category: storage; scheme="${INFRASTRUCTURE}`],
    ["a line of an unknown name", "X-Other: a"],
    ["an unknown attribute", `${kindLine("storage")}\nX-OCCI-Attribute: occi.storage.size=1, example.nothing="a"`],
    ["a value of the wrong type", `${kindLine("storage")}\nX-OCCI-Attribute: occi.storage.size="big"`],
    ["a required attribute that is missing", kindLine("storage")],
    ["two kinds", `${kindLine("storage")}\n${kindLine("network")}\nX-OCCI-Attribute: occi.storage.size=1`],
  ].map(([what = "", body = ""]) => ({
    title: `${what} is 400, and nothing is made`,
    source: "GFD.185 §3.6.8",
    async run({ send }: Talk) {
      const before = (await send("GET", "/storage/", { accept: "text/uri-list" })).body;
      expectStatus(await send("POST", "/storage/", { "content-type": PLAIN }, body), 400);
      const after = (await send("GET", "/storage/", { accept: "text/uri-list" })).body;
      expectThat(before === after, "the collection has changed");
    },
  })),
  {
    title: "an unknown kind is 404, a method that is not possible 405",
    source: "GFD.185 §3.6.8",
    async run({ send }) {
      const nobody = 'Category: nobody; scheme="http://example.org/x#"; class="kind"';
      expectStatus(await send("POST", "/", { "content-type": PLAIN }, nobody), 404, 400);
      const reply = await send("PUT", "/-/");
      expectStatus(reply, 405);
      expectThat(reply.headers.allow !== undefined, "no Allow");
    },
  },
  {
    title: "a page outside of the list is empty, half a page number 400",
    source: "GFD.223 §6",
    async run({ send }) {
      expectStatus(await send("GET", "/storage/?page=1000&number=1"), 200);
      expectStatus(await send("GET", "/storage/?page=0&number=1"), 400);
    },
  },
  {
    title: "a mixin of the user is defined, shown, and removed",
    source: "GFD.185 §3.4.1",
    creates: "a mixin in the scheme http://example.org/vimana/self-test#",
    async run(talk) {
      const { send, name } = talk;
      expectStatus(await send("POST", "/-/", { "content-type": PLAIN }, mixinLine(talk)), 200);
      expectLine(await send("GET", "/-/"), `${name}; scheme=`);
      expectStatus(await send("GET", `/${name}/`), 200);
      expectStatus(await send("DELETE", "/-/", { "content-type": PLAIN }, mixinLine(talk)), 200);
      expectStatus(await send("GET", `/${name}/`), 404);
    },
  },
  {
    title: "a mixin in OCCI's own scheme is 403",
    source: "GFD.221 §5.5.1",
    async run({ send, name }) {
      const line = `Category: ${name}; scheme="http://schemas.ogf.org/occi/x#"; class="mixin"; location="/${name}/"`;
      expectStatus(await send("POST", "/-/", { "content-type": PLAIN }, line), 403);
    },
  },
];

export const attributeOf = (entity: EntityView, name: string): unknown => entity.attributes?.[name];
