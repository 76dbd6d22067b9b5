/**
 * `npm run bench [-- area…] [--write]`: how fast and how large Vimana is, beside what it is made of.
 *
 * What is measured runs in processes of its own, and candidates take turns.
 *
 * areas/      what is measured: start, gateway, lists, simulator, occi, real
 * processes/  what is started: a simulator, and the bare doors that ours are held against
 * children    processes: memory, processor time
 * rig         the simulated cloud with a gateway in front of it
 * direct      OpenStack spoken plainly
 * doors       the same call through each of our doors
 * load, stats callers and figures
 * report      docs/performance.md
 */
import { parseArgs } from "node:util";
import { gatewayArea } from "./areas/gateway.ts";
import { listsArea } from "./areas/lists.ts";
import { occiArea } from "./areas/occi.ts";
import { realArea } from "./areas/real.ts";
import { simulatorArea } from "./areas/simulator.ts";
import { startArea } from "./areas/start.ts";
import { type Section, table, writeReport } from "./report.ts";

const AREAS: Readonly<Record<string, () => Promise<readonly Section[]>>> = {
  start: startArea,
  gateway: gatewayArea,
  occi: occiArea,
  lists: listsArea,
  simulator: simulatorArea,
  real: realArea,
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { write: { type: "boolean" } } });
// A real cloud is shared and slow: it is only measured when it is named.
const chosen = positionals.length === 0 ? Object.keys(AREAS).filter((name) => name !== "real") : positionals;
const sections: Section[] = [];
for (const name of chosen) {
  const area = AREAS[name];
  if (area === undefined) {
    process.stderr.write(`bench: no area ${name}; there are: ${Object.keys(AREAS).join(", ")}\n`);
    process.exit(2);
  }
  const from = performance.now();
  for (const section of await area()) {
    sections.push(section);
    process.stdout.write(`${table(section)}\n`);
  }
  process.stdout.write(`(${name}: ${Math.round((performance.now() - from) / 1000)} s)\n\n`);
}
if (values.write === true) writeReport(sections, ["npm run bench --", ...positionals, "--write"].join(" "), new Date());
