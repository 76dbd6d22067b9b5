// Writes the tables of docs/occi.md: every kind, mixin and action, from the rows that the gateway itself reads.
//
//   node scripts/occi-tables.mjs           writes
//   node scripts/occi-tables.mjs --check   writes nothing, fails when the page is not up to date
import { readFileSync, writeFileSync } from "node:fs";
import { STATIC_CATEGORIES } from "../src/occi/registry.ts";

const FILE = new URL("../docs/occi.md", import.meta.url);
const [BEGIN, END] = ["<!-- tables: written by scripts/occi-tables.mjs -->", "<!-- end of tables -->"];

const row = (cells) => `| ${cells.join(" | ")} |`;
const table = (head, rows) => [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
const code = (text) => `\`${text}\``;
const last = (identity) => code(identity.slice(identity.indexOf("#") + 1));
const cell = (text) => text.replaceAll("|", "\\|");

/** Once each: kinds may share a mixin. */
function of(word) {
  const seen = new Set();
  return STATIC_CATEGORIES.filter(({ class: own, scheme, term }) => {
    const identity = scheme + term;
    if (own !== word || seen.has(identity)) return false;
    seen.add(identity);
    return true;
  });
}

function attributes(category) {
  return category.attributes
    .map(({ name, type, required, immutable, values, description }) => {
      const words = [
        values === undefined ? type : values.join("\\|"),
        ...(required ? ["required"] : []),
        ...(immutable ? ["read only"] : []),
      ];
      return `${code(name)} (${words.join(", ")}): ${cell(description)}`;
    })
    .join("<br>");
}

const kinds = table(
  ["kind", "at", "its own attributes", "actions"],
  of("kind").map((kind) => [
    code(kind.term),
    kind.location === undefined ? "" : code(kind.location),
    attributes(kind),
    kind.actions.map(last).join(" "),
  ]),
);
const mixins = table(
  ["mixin", "at", "for", "attributes"],
  of("mixin").map((mixin) => [
    code(mixin.scheme + mixin.term),
    code(mixin.location ?? ""),
    (mixin.applies ?? []).map(last).join(" "),
    attributes(mixin),
  ]),
);
const actions = table(
  ["action", "does", "attributes"],
  of("action").map((action) => [
    code(action.scheme.replace(/^.*infrastructure\//, "") + action.term),
    cell(action.title ?? ""),
    attributes(action),
  ]),
);
const tables = ["### Kinds", kinds, "### Mixins that are always there", mixins, "### Actions", actions].join("\n\n");

const page = readFileSync(FILE, "utf8");
const [before, rest] = page.split(BEGIN);
const after = rest?.split(END)[1];
if (after === undefined) throw new Error("docs/occi.md has lost its marks");
const whole = `${before}${BEGIN}\n\n${tables}\n\n${END}${after}`;
if (process.argv.includes("--check")) {
  if (whole !== page) throw new Error("docs/occi.md is not up to date: run node scripts/occi-tables.mjs");
} else writeFileSync(FILE, whole);
