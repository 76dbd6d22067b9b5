import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GetCapabilitiesResponse } from "../../generated/ts/vimana/v1/capabilities.ts";
import { CAPABILITY_ROWS } from "../../src/services/index.ts";
import { startSimulator } from "../../src/simulator/index.ts";
import { simulatedConfig } from "../support/backends.ts";
import { realCloud } from "../support/clouds.ts";
import { startTestGateway } from "../support/gateway.ts";
import { signIn } from "../support/native.ts";
import { realTurn } from "../support/realTurn.ts";
import { type Cast, Trial, type Try } from "./capabilities/trial.ts";
import { TRIES } from "./capabilities/tries.ts";

/** What the gateway says that works, works, and what it says to be refused is refused for that reason: row by row. */

type Capability = GetCapabilitiesResponse["capabilities"][number];

interface Caller {
  readonly cloud: "simulator" | "real";
  readonly who: string;
  /** A member of the same project, who makes what the caller may not. */
  readonly maker: string;
}

const CALLERS: readonly (Caller & { readonly isAvailable: boolean })[] = [
  { cloud: "simulator", who: "admin", maker: "admin", isAvailable: true },
  { cloud: "simulator", who: "demo", maker: "demo", isAvailable: true },
  { cloud: "simulator", who: "demo-reader", maker: "demo", isAvailable: true },
  { cloud: "real", who: "admin", maker: "admin", isAvailable: realCloud()?.configs.admin !== undefined },
  { cloud: "real", who: "tenant-a", maker: "tenant-a", isAvailable: realCloud()?.configs["tenant-a"] !== undefined },
];

interface Opened {
  readonly cast: Cast;
  close(): Promise<void>;
}

async function open({ cloud, who, maker }: Caller): Promise<Opened> {
  const simulator = cloud === "simulator" ? await startSimulator() : undefined;
  const real = realCloud();
  const endTurn = simulator === undefined ? await realTurn() : () => {};
  const configs =
    simulator === undefined
      ? (real?.configs ?? {})
      : Object.fromEntries(Object.entries(simulator.clouds()).map(([name, one]) => [name, simulatedConfig(name, one)]));
  const gateway =
    simulator === undefined
      ? await startTestGateway({ configs }, ["--cloud", real?.name ?? ""])
      : await startTestGateway({ simulator });
  const as = (name: string) => {
    const config = configs[name];
    if (config === undefined) throw new Error(`no cloud ${name}`);
    return signIn(config);
  };
  const caller = await as(who);
  return {
    cast: {
      caller,
      maker: await as(maker),
      admin: await as("admin"),
      http: gateway.http,
      occi: gateway.occi,
      imageId: await caller.find("image", "/images", "images", "cirros"),
      flavourId: await caller.find("compute", "/flavors", "flavors", "m1.tiny"),
    },
    async close() {
      await gateway.close();
      await simulator?.close();
      endTurn();
    },
  };
}

/** The word of the error that each reason ends in. */
const ERRORS: Readonly<Record<string, string>> = {
  CAPABILITY_REASON_POLICY: "FORBIDDEN",
  CAPABILITY_REASON_MISSING_SERVICE: "MISSING_SERVICE",
  CAPABILITY_REASON_VERSION: "VERSION_UNSUPPORTED",
  CAPABILITY_REASON_EXTENSION: "UNSUPPORTED",
  CAPABILITY_REASON_QUOTA: "QUOTA_EXCEEDED",
  CAPABILITY_REASON_NOT_OFFERED: "UNSUPPORTED",
};
/** What may come of something that depends on what no tenant sees. */
const DEPENDING = ["NO_VALID_HOST", "RESOURCE_FAILED", "FORBIDDEN"];

const nameOf = ({ operation, input }: Pick<Capability, "operation" | "input">): string =>
  input === undefined ? operation : `${operation} ${input}`;

/** The error of an answer, in the façade's spelling, whichever door it came through. */
function errorOf(text: string): string | undefined {
  if (text.includes('"PolicyNotAuthorized"')) return "FORBIDDEN";
  const word = /"reason":"(\w+)"/.exec(text)?.[1] ?? /^([a-z-]+): /.exec(text)?.[1];
  return word?.toUpperCase().replaceAll("-", "_");
}

async function check(trial: Trial, row: Capability, one: Try): Promise<void> {
  const reply = await one.attempt(trial);
  const { status, text, warning } = reply;
  const isDone = status >= 200 && status < 300;
  const said = { row: nameOf(row), support: row.support, status, text: text.slice(0, 300) };
  switch (row.support) {
    case "SUPPORT_SUPPORTED":
      expect({ ...said, isDone }).toEqual({ ...said, isDone: true });
      if (one.isPresent !== undefined) expect({ ...said, is: one.isPresent(reply) }).toEqual({ ...said, is: true });
      return one.effect?.(trial, reply);
    case "SUPPORT_REFUSED": {
      const wanted = one.refusedAs ?? ERRORS[row.reason ?? ""];
      return expect({ ...said, error: errorOf(text) }).toEqual({ ...said, error: wanted });
    }
    case "SUPPORT_IGNORED":
      expect({ ...said, isDone }).toEqual({ ...said, isDone: true });
      // Our own doors say so; OpenStack's does not.
      if (one.isPresent === undefined) expect({ ...said, warning }).not.toEqual({ ...said, warning: null });
      else expect({ ...said, is: one.isPresent(reply) }).toEqual({ ...said, is: false });
      return;
    case "SUPPORT_ABSENT":
      expect({ ...said, isDone, is: one.isPresent?.(reply) }).toEqual({ ...said, isDone: true, is: false });
      return;
    case "SUPPORT_DEPENDS":
      if (isDone) return one.effect?.(trial, reply);
      return expect([said, ...DEPENDING]).toContain(errorOf(text));
    default:
      throw new Error(`${row.support} is never sent`);
  }
}

test("every row is tried, and nothing else", () => {
  const rows = CAPABILITY_ROWS.map(nameOf);
  expect(rows.filter((row) => !TRIES.has(row))).toEqual([]);
  expect([...TRIES.keys()].filter((row) => !rows.includes(row))).toEqual([]);
  expect(new Set(rows).size).toBe(rows.length);
});

test("callers differ: anonymous is the simulator's member, a reader may less and an administrator more", async () => {
  const simulator = await startSimulator();
  const gateway = await startTestGateway({ simulator });
  try {
    const ask = async (name: string | undefined): Promise<GetCapabilitiesResponse> => {
      const one = name === undefined ? undefined : simulator.clouds()[name];
      const headers = one === undefined ? {} : { "x-auth-token": (await signIn(simulatedConfig("x", one))).token };
      return (await (await fetch(`${gateway.http}/v1/capabilities`, { headers })).json()) as GetCapabilitiesResponse;
    };
    const refusedTo = async (name: string) =>
      (await ask(name)).capabilities.filter(({ reason }) => reason === "CAPABILITY_REASON_POLICY").map(nameOf);
    expect(await ask(undefined)).toEqual(await ask("demo"));
    const [reader, member, admin] = [await refusedTo("demo-reader"), await refusedTo("demo"), await refusedTo("admin")];
    expect(admin).toEqual([]);
    expect(member.length).toBeGreaterThan(0);
    expect(reader).toEqual(expect.arrayContaining(member));
    expect(reader.length).toBeGreaterThan(member.length);
  } finally {
    await gateway.close();
    await simulator.close();
  }
});

test.skipIf(realCloud() === undefined)("nobody without credentials is told about a real cloud", async () => {
  const real = realCloud();
  const gateway = await startTestGateway({ configs: real?.configs ?? {} }, ["--cloud", real?.name ?? ""]);
  try {
    expect((await fetch(`${gateway.http}/v1/capabilities`)).status).toBe(401);
  } finally {
    await gateway.close();
  }
});

describe.each(CALLERS)("capabilities on $cloud as $who", ({ isAvailable, ...caller }) => {
  describe.skipIf(!isAvailable)("row by row", { timeout: 120_000 }, () => {
    let opened: Opened;
    let trial: Trial;
    let told: ReadonlyMap<string, Capability>;

    beforeAll(async () => {
      opened = await open(caller);
      trial = new Trial(opened.cast);
      const reply = await trial.rest("GET", "/v1/capabilities");
      const answer = JSON.parse(reply.text) as GetCapabilitiesResponse;
      told = new Map(answer.capabilities.map((row) => [nameOf(row), row]));
    }, 60_000);

    afterAll(async () => {
      await trial.end();
      await opened.close();
    }, 180_000);

    test.each(CAPABILITY_ROWS.map(nameOf))("%s", async (name) => {
      const row = told.get(name);
      const one = TRIES.get(name);
      if (row === undefined || one === undefined) throw new Error(`nobody tells or tries ${name}`);
      try {
        await check(trial, row, one);
      } finally {
        await trial.endRow();
      }
    });
  });
});
