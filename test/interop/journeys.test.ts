import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Profile, startSimulator } from "../../src/simulator/index.ts";
import { realCloud } from "../support/clouds.ts";
import { realTurn } from "../support/realTurn.ts";
import { readJourney, type Step, travel } from "./cli/run.ts";
import { type CloudEntry, configuredEntry, entriesOf, folderWith, peers, publicKey } from "./stock.ts";

/**
 * The journeys of cli/journeys on the simulator and, where there is one, on a real OpenStack: each command must end on both as
 * its line says. A fault of the simulator is a line that ends otherwise there.
 */

const topics = readdirSync(join(import.meta.dirname, "cli/journeys"))
  .map((file) => file.replace(/\.txt$/, ""))
  .sort();

const { paths, missing } = peers({ python: "venv/bin/python" });

/** A command line: the Python that has it, what is missing, and the newest microversions that it speaks. */
interface Client {
  readonly title: string;
  readonly python: string;
  readonly missing: string;
  readonly latest: readonly string[];
}

const clients = {
  debian: {
    title: "python-openstackclient of Debian 12",
    python: "/usr/bin/python3",
    missing: debianHas() ? "" : " (skipped: python3-openstackclient is not installed)",
    latest: ["--os-compute-api-version", "2.90", "--os-volume-api-version", "3.68"],
  },
  today: {
    title: "python-openstackclient of today",
    python: paths.python,
    missing,
    latest: ["--os-compute-api-version", "2.93", "--os-volume-api-version", "3.70"],
  },
} satisfies Readonly<Record<string, Client>>;

function debianHas(): boolean {
  try {
    execFileSync("/usr/bin/python3", ["-c", "import openstackclient.shell"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** What `$name` stands for on every cloud: what the rig and the simulator's default world have in common. */
const given = {
  image: "cirros",
  flavor: "m1.tiny",
  bigger: "m1.small",
  external: "public",
  nothing: "00000000-0000-0000-0000-000000000000",
};

/** What the journeys upload. */
const files = {
  data: Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7) % 256)),
  script: "#!/bin/sh\n",
  "key.pub": publicKey,
};

/** Whom and what the journey of identities makes, to sign in as him. */
const made = { username: "cli-user", password: "cli-password", project_name: "cli-project" };

interface Travelled {
  readonly member: CloudEntry;
  /** Of another tenant. */
  readonly second: CloudEntry;
  readonly admin: CloudEntry;
}

function travelled(member?: CloudEntry, second?: CloudEntry, admin?: CloudEntry): Travelled {
  if (member === undefined || second === undefined || admin === undefined)
    throw new Error("a journey needs two tenants and an administrator");
  return { member, second, admin };
}

async function simulated(profile: Profile): Promise<Travelled> {
  const simulator = await startSimulator({ profile });
  onTestFinished(async () => {
    const faults = simulator.requests.list(({ status }) => status >= 500);
    await simulator.close();
    expect(faults).toEqual([]);
  });
  const { demo, other, admin } = entriesOf(simulator);
  return travelled(demo, other, admin);
}

const cloud = realCloud();

async function real(): Promise<Travelled> {
  onTestFinished(await realTurn());
  const entry = (name = "") => {
    const config = cloud?.configs[name];
    return config === undefined ? undefined : configuredEntry(config);
  };
  return travelled(entry(cloud?.name), entry(cloud?.second), entry(cloud?.administrator));
}

const places = {
  "the simulator": { arrive: () => simulated("zed"), missing: "", patience: 20 },
  "the simulator, profile modern": { arrive: () => simulated("modern"), missing: "", patience: 20 },
  "the real OpenStack": {
    arrive: real,
    missing: cloud?.second && cloud.administrator ? "" : " (skipped: there is no real OpenStack)",
    patience: 120,
  },
} as const;

const tours: readonly (readonly [keyof typeof places, keyof typeof clients])[] = [
  ["the simulator", "debian"],
  ["the simulator", "today"],
  ["the simulator, profile modern", "today"],
  ["the real OpenStack", "debian"],
  ["the real OpenStack", "today"],
];

/** How a step ended, or shall end, in words for the difference that a failing test prints. */
function ending({ line }: Step, code: number, said = ""): string {
  return `${line} -> ${code === 0 ? "done" : code > 0 ? "refused" : "never ended"}${said}`;
}

describe.each(tours)("on %s", (place, client) => {
  const { title, python, latest, missing: noClient } = clients[client];
  const { arrive, missing: noCloud, patience } = places[place];
  const why = noClient || noCloud;

  test.skipIf(why !== "").for(topics)(`${title} travels: %s${why}`, { timeout: 1_800_000 }, async (topic) => {
    const { member, second, admin } = await arrive();
    const { username, project_name } = member.auth;
    const visitor = { ...member, auth: { ...member.auth, ...made } };
    const clouds = { member, second, admin, visitor };
    const steps = readJourney(topic, client);
    const outcomes = await travel({
      python,
      folder: folderWith(clouds, files),
      steps,
      shells: {
        ...Object.fromEntries(Object.keys(clouds).map((name) => [name, ["--os-cloud", name]])),
        latest: ["--os-cloud", "member", ...latest],
      },
      patience,
      names: { ...given, user_name: username ?? "", project_name: project_name ?? "" },
    });
    const wanted = steps.map((step) => ending(step, Number(step.fails)));
    const got = outcomes.map(({ code, out, err }, index) => {
      const step = steps[index];
      if (step === undefined) return `the client broke off: ${err}`;
      return ending(step, code, (code === 0) === step.fails || code < 0 ? `\n${out}${err}` : "");
    });
    expect(got).toEqual(wanted);
  });
});
