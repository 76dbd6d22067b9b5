/**
 * Requests made up from OpenStack's OpenAPI, or from the simulator's own routes where the documents are not there: whatever is
 * sent, the simulator has no fault of its own and always answers, and what it refuses leaves every table and every blob as it
 * was. `VIMANA_FUZZ` sets how many requests; `VIMANA_FUZZ_SEED` repeats a run.
 */
import { Agent, request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { silent } from "../../src/simulator/defaults.ts";
import type { Log, Snapshot } from "../../src/simulator/index.ts";
import { Random } from "../support/random.ts";
import { addRarities, populate, poolsOf, Requests, type Wild } from "../support/simulator/index.ts";
import { type Rig, startRig } from "../unit/simulator/rig.ts";

const RUNS = Number(process.env.VIMANA_FUZZ ?? 3000);
/** The same one every time, so that the gate depends on nothing but the code; longer runs take others. */
const SEED = Number(process.env.VIMANA_FUZZ_SEED ?? 20_261_201);
/** Requests of one test; its findings are told together. */
const BATCH = 1000;
const RESET_EVERY = 100;
/** What takes longer hangs, in milliseconds. */
const PATIENCE = 60_000;

/** More would hide the first ones. */
const SHOWN = 10;

/** Faults that the real services have, too (seen live), by method, path and words. */
const FAULTS: readonly { readonly at: RegExp; readonly says: RegExp; readonly because: string }[] = [
  {
    at: /^POST \/compute\/v2(?:\.1)?\/servers\/[^/]+\/os-interface/,
    says: /oslo_messaging\.rpc\.client\.RemoteError|nova\.exception_Remote\.InvalidInput_Remote/,
    because: "the compute host, not the API, misses the network, or the address in it",
  },
  {
    at: /^(?:POST|PUT) \/volume\/v3\//,
    says: /computeFault.*The server has either erred or is incapable of performing the requested operation/,
    because: "Cinder does not expect that there may be no body",
  },
];

/** What stays of a refused request, as it does of the real one: tables by method and path. */
const TRACES: readonly { readonly at: RegExp; readonly tables: readonly string[]; readonly because: string }[] = [
  {
    at: /^POST \/compute\/v2(?:\.1)?\/servers\/[^/]+\/os-interface/,
    tables: ["nova.server_actions"],
    because: "what the host tried and failed at is in the server's list of actions, as an error",
  },
];

interface Said {
  readonly status: number;
  readonly text: string;
}

const batches = Array.from({ length: Math.ceil(RUNS / BATCH) }, (_, index) => ({
  from: index * BATCH,
  size: Math.min(BATCH, RUNS - index * BATCH),
}));

describe(`fuzz of the simulator, seed ${SEED}`, () => {
  const failures: unknown[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const random = new Random(SEED);
  let rig: Rig;
  let start: Snapshot;
  let requests: Requests;
  let [accepted, refused] = [0, 0];

  beforeAll(async () => {
    const log: Log = { ...silent, error: (entry) => failures.push(entry), child: () => log };
    rig = await startRig({ seed: SEED, log });
    const tokens: string[] = [];
    for (const cloud of ["admin", "demo", "other", "demo-reader"]) tokens.push(await rig.login(cloud));
    const [admin = "", demo = "", other = ""] = tokens;
    const { writes } = await populate(rig, random, demo, "mine");
    await populate(rig, random, other, "theirs");
    const rare = await addRarities(rig, admin);
    start = rig.simulator.snapshot();
    requests = new Requests(random, poolsOf(rig.simulator.world), tokens, [...writes, ...rare]);
  });

  afterAll(async () => {
    agent.destroy();
    await rig.simulator.close();
  });

  /** Through a socket, as bytes: what `fetch` would mend or refuse itself arrives as it is. */
  const wire = ({ method, path, headers, body }: Wild): Promise<Said> =>
    new Promise((resolve, reject) => {
      // Node leaves it out with DELETE, and the body would be taken for the next request.
      const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
      const options = { method, path, headers: { ...headers, ...length }, agent };
      const asked = request(`${rig.simulator.url}/`, options, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      });
      asked.setTimeout(PATIENCE, () => asked.destroy(new Error("no answer")));
      asked.on("error", reject);
      asked.end(body);
    });

  const direct = async ({ method, path, headers, body }: Wild): Promise<Said> => {
    const signal = AbortSignal.timeout(PATIENCE);
    const payload = body === undefined ? {} : { body: typeof body === "string" ? body : new Uint8Array(body) };
    const answer = await rig.simulator.fetch(path, { method, headers, signal, ...payload });
    return { status: answer.status, text: await answer.text() };
  };

  /** The tables that another map of rows stands for, and the blobs that are other bytes. */
  const changed = (before: Snapshot, after: Snapshot): readonly string[] => [
    ...[...after.tables]
      .filter(([name, rows]) => before.tables.get(name) !== rows && (before.tables.has(name) || rows.size > 0))
      .map(([name]) => name),
    ...[...before.blobs.keys(), ...after.blobs.keys()].filter((key) => before.blobs.get(key) !== after.blobs.get(key)),
  ];

  /** What is wrong with an answer: a short name, the same for the same fault, and the whole of it. */
  const judged = (wild: Wild, said: Said, before: Snapshot): readonly [string, unknown] | undefined => {
    const [failure] = failures.splice(0);
    if (failure !== undefined) {
      const error = typeof failure === "object" && failure !== null && "error" in failure ? failure.error : failure;
      const stack = error instanceof Error ? (error.stack ?? "").slice(0, 900) : String(error);
      return [stack.split("\n", 2).join(""), stack];
    }
    if (said.status >= 500) {
      const isKnown = FAULTS.some(({ at, says }) => at.test(`${wild.method} ${wild.path}`) && says.test(said.text));
      if (!isKnown) return [`${said.status} ${wild.target}`, said.text];
    }
    if (said.status < 400) return undefined;
    const name = `${wild.method} ${wild.path}`;
    const traces = TRACES.filter(({ at }) => at.test(name)).flatMap(({ tables }) => tables);
    const after = changed(before, rig.simulator.snapshot()).filter((table) => !traces.includes(table));
    return after.length === 0
      ? undefined
      : [`${wild.target} changes ${after.join(", ")}`, `${said.status} ${said.text}`];
  };

  test.each(batches)("$size requests from $from on", { timeout: 600_000 }, async ({ size }) => {
    const findings = new Map<string, string>();
    for (let run = 0; run < size; run++) {
      if (run % RESET_EVERY === 0) {
        rig.simulator.restore(start);
        // Nothing ever ends, or everything at once.
        rig.simulator.machine.transitions = random.chance(0.3) ? { fixed: 3_600_000 } : "instant";
      }
      const wild = requests.next();
      const { method, path, headers, body } = wild;
      const shown = `${method} ${path.slice(0, 600)} ${JSON.stringify(headers).slice(0, 600)}\n${JSON.stringify(String(body).slice(0, 1200))}`;
      rig.simulator.machine.run();
      const before = rig.simulator.snapshot();
      const said = await (random.chance(0.1) ? wire(wild) : direct(wild)).catch((error: unknown) => {
        throw new Error(`no answer to ${shown}`, { cause: error });
      });
      if (said.status < 400) accepted++;
      else refused++;
      const finding = judged(wild, said, before);
      if (finding !== undefined) findings.set(finding[0], `${finding[0]}\n${shown}\n${finding[1]}`);
    }
    expect([...findings.values()].slice(0, SHOWN).join("\n\n")).toBe("");
  });

  test("was neither always refused nor never", () => {
    expect(accepted).toBeGreaterThan(RUNS / 10);
    expect(refused).toBeGreaterThan(RUNS / 10);
  });
});
