import { randomBytes, timingSafeEqual } from "node:crypto";
import { CloudError } from "../../cloud/index.ts";
import type { Call } from "../../gateway/operation.ts";
import { createOcciDoor, OCCI_SERVER_OPTIONS, type OcciDoorOptions } from "../http/door.ts";
import { type Check, JSON_TYPE, PLAIN, PROTOCOL_CHECKS } from "./checks.ts";
import { ENTITY_CHECKS } from "./entityChecks.ts";
import { ask, type EntityView, expectStatus, expectThat, Skipped, type Talk } from "./talk.ts";

const { createServer } = process.getBuiltinModule("node:http");

export const CHECKS: readonly Check[] = [...PROTOCOL_CHECKS, ...ENTITY_CHECKS];

/** What the door of the self-test shares with the one that it stands for. */
export type Tested = Omit<OcciDoorOptions, "admit" | "onFinished" | "baseUrl">;

export interface Outcome {
  readonly check: Check;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly message: string;
  readonly milliseconds: number;
}

export interface Report {
  readonly outcomes: readonly Outcome[];
  readonly leftBehind: readonly string[];
}

/** How long something may take to get into the state that is waited for, and between two looks, milliseconds. */
const PATIENCE = 60_000;
const LOOK = 500;

/** Opens a door of its own on loopback, for this call's cloud and nobody else, and walks through the checks. */
export async function runChecks(tested: Tested, call: Call, withMachine: boolean): Promise<Report> {
  const { clock } = tested.flow;
  const token = randomBytes(24).toString("base64url");
  const door = createOcciDoor({
    ...tested,
    admit: async ({ header, operation, requestId, signal }) => {
      const said = Buffer.from(header("x-auth-token") ?? "");
      if (said.length !== token.length || !timingSafeEqual(said, Buffer.from(token))) {
        throw new CloudError("UNAUTHENTICATED", "this door is the self-test's");
      }
      return { ...call, operation, requestId, signal };
    },
  });
  const server = createServer(OCCI_SERVER_OPTIONS, door);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const made: string[] = [];
  const talk = createTalk(tested, { port, token, made, signal: call.signal });
  const outcomes: Outcome[] = [];
  const leftBehind: string[] = [];
  try {
    for (const check of CHECKS) {
      call.signal.throwIfAborted();
      const since = clock.now();
      const { outcome, message } = await tryCheck(check, talk, withMachine);
      outcomes.push({ check, outcome, message, milliseconds: clock.now() - since });
    }
  } finally {
    // Also for a caller who has left: what was made must go.
    const last = createTalk(tested, { port, token, made, signal: AbortSignal.timeout(2 * PATIENCE) });
    for (const path of [...made].reverse()) await last.remove(path).catch(() => leftBehind.push(path));
    server.close();
    server.closeAllConnections();
  }
  return { outcomes, leftBehind };
}

async function tryCheck(check: Check, talk: Talk, withMachine: boolean): Promise<Pick<Outcome, "outcome" | "message">> {
  if (check.needsMachine === true && !withMachine) return { outcome: "skipped", message: "machines are not asked for" };
  try {
    await check.run(talk);
    return { outcome: "passed", message: "" };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { outcome: thrown instanceof Skipped ? "skipped" : "failed", message };
  }
}

interface Line {
  readonly port: number;
  readonly token: string;
  readonly made: string[];
  readonly signal: AbortSignal;
}

function createTalk({ flow }: Tested, { port, token, made, signal }: Line): Talk {
  const { clock } = flow;
  const send: Talk["send"] = (method, path, headers = {}, body) =>
    ask(port, token, { method, path, headers, ...(body === undefined ? {} : { body }) }, signal);
  const read = async (path: string): Promise<EntityView> => {
    const reply = await send("GET", path, { accept: JSON_TYPE });
    expectStatus(reply, 200);
    return JSON.parse(reply.body);
  };
  return {
    send,
    name: `vimana-self-test-${flow.ids.uuid().slice(0, 8)}`,
    found: new Map(),
    async make(path, lines) {
      const reply = await send("POST", path, { "content-type": PLAIN, accept: PLAIN }, lines.join("\n"));
      if (reply.status === 501) throw new Skipped(reply.body);
      expectStatus(reply, 201);
      const { location = "" } = reply.headers;
      const own = location.slice(location.indexOf(path));
      made.push(own);
      expectThat(reply.body === `X-OCCI-Location: ${location}`, `the body is ${reply.body}`);
      return own;
    },
    async remove(path) {
      const until = clock.now() + PATIENCE;
      for (;;) {
        const { status, body } = await send("DELETE", path);
        // A volume may still be on its way out of the machine that is gone.
        if (status === 409 && clock.now() < until) await clock.sleep(LOOK, signal);
        else {
          expectThat(status === 200 || status === 404, `status ${status} to DELETE: ${body.slice(0, 200)}`);
          break;
        }
      }
      while ((await send("GET", path)).status !== 404) {
        expectThat(clock.now() < until, `${path} is still there`);
        await clock.sleep(LOOK, signal);
      }
      made.splice(made.indexOf(path), 1);
    },
    async until(path, test) {
      const until = clock.now() + PATIENCE;
      for (;;) {
        const entity = await read(path);
        if (test(entity)) return entity;
        expectThat(clock.now() < until, `it is still ${JSON.stringify(entity.attributes)}`);
        await clock.sleep(LOOK, signal);
      }
    },
  };
}
