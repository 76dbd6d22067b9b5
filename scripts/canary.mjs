// Looks for the secrets of a run of the tests in what its gateways said: VIMANA_CANARY=<folder> npm test, and then
// npm run canary <folder>. Ends with 1 when one is found.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { listen } from "../test/support/canaries.ts";
import { FUZZ_TEXTS } from "../test/support/fuzzMessages.ts";

/** Shorter ones are words that stand everywhere: `vimana` is the simulator's password. */
const SHORTEST = 12;

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error("usage: npm run canary <folder>");
  process.exit(2);
}
const read = (prefix) =>
  readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => [name, readFileSync(join(folder, name), "utf8")]);
const secrets = new Set(
  read("secrets-").flatMap(([, text]) =>
    text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ),
);
const places = Object.fromEntries(read("said-"));
// The fuzz puts its texts into secrets and into names that an error repeats.
const long = [...secrets.difference(new Set(FUZZ_TEXTS))].filter((secret) => secret.length >= SHORTEST);
const found = listen(long, places);
for (const one of found) console.error(one);
const lines = Object.values(places).reduce((sum, text) => sum + text.split("\n").length, 0);
console.error(
  `${found.length} found of ${long.length} secrets in ${lines} lines (${secrets.size - long.length} too short or common)`,
);
process.exit(found.length === 0 && long.length > 0 && lines > 1 ? 0 : 1);
