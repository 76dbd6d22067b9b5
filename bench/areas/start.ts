import { execFileSync } from "node:child_process";
import { type Child, ROOT, start } from "../children.ts";
import { atMost, type Section } from "../report.ts";
import { figure, median } from "../stats.ts";

const ROUNDS = 5;
const PORTS = ["grpc", "http", "occi", "simulator"].flatMap((door) => [`--${door}-port`, "0"]);
/** As users start it. */
const VIMANA = "bin/vimana";
const FLAGS = [...PORTS, "--data-dir", "memory"];

interface Started {
  readonly ready: number;
  readonly resident: number;
}

/** How long it takes to be ready, and what it then holds in memory. */
export async function startArea(): Promise<readonly Section[]> {
  const starts: Readonly<Record<string, () => Promise<Child>>> = {
    npm: () => start(["start", "--", ...FLAGS], { command: "npm", ready: /is ready/ }),
    gateway: () => start(["serve", ...FLAGS], { command: VIMANA, ready: /is ready/ }),
    simulator: () => start(["simulate", "--port", "0"], { command: VIMANA, ready: /simulates an OpenStack/ }),
    node: () => start(["-e", "console.log('ready')"], { ready: /ready/ }),
  };
  const found = new Map<string, Started[]>();
  // The first of each fills the compile cache, which Node writes when a program ends by itself, and only then.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, open] of Object.entries(starts)) {
      const child = await open();
      const resident = child.residentMiB(name === "npm" ? "serve" : undefined);
      await (round === 0 ? child.end() : child.stop());
      if (round > 0) found.getOrInsert(name, []).push({ ready: child.milliseconds, resident });
    }
  }
  const of = (name: string, what: keyof Started) => median((found.get(name) ?? []).map((one) => one[what]));
  const npm = execFileSync("npm", ["--version"], { cwd: ROOT, encoding: "utf8" }).trim();
  return [
    {
      title: "Starting",
      text: `Median of ${ROUNDS} starts on a warm disk, until the program says that it is ready; memory is resident, at that moment. \`npm start\` is npm ${npm} that runs \`bin/vimana serve\`, and its memory that of the gateway, simulator included; the others are \`bin/vimana serve\` and \`bin/vimana simulate\`. All have Node's compile cache, which the first start of each has filled.`,
      rows: [
        atMost("`npm start`, ready", of("npm", "ready") / 1000, 1, "s", figure),
        atMost("`npm start`, memory", of("npm", "resident"), 150, "MiB", figure),
        { what: "the same without npm, ready", measured: `${figure(of("gateway", "ready") / 1000)} s` },
        atMost("the simulator alone, ready", of("simulator", "ready") / 1000, 0.4, "s", figure),
        atMost("the simulator alone, memory", of("simulator", "resident"), 90, "MiB", figure),
        {
          what: "Node that does nothing",
          measured: `${figure(of("node", "ready") / 1000)} s, ${figure(of("node", "resident"))} MiB`,
        },
      ],
    },
  ];
}
