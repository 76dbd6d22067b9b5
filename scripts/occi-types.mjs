// Writes docs/occi-types.md: every kind, mixin and action of the OCCI door, from the table that serves them.
//
//   node scripts/occi-types.mjs           writes it
//   node scripts/occi-types.mjs --check   writes nothing, fails when it is not up to date
import { readFileSync, writeFileSync } from "node:fs";
import { describeTypes } from "../src/occi/describe.ts";

const FILE = new URL("../docs/occi-types.md", import.meta.url);
const text = describeTypes();

if (!process.argv.includes("--check")) writeFileSync(FILE, text);
else if (readFileSync(FILE, "utf8") !== text) {
  console.error("docs/occi-types.md is not what the table of kinds says: run node scripts/occi-types.mjs");
  process.exitCode = 1;
}
