import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Reply } from "../../support/occiClient.ts";
import { loadExchanges, type Step, type Tried, type Wanted } from "./exchange.ts";
import { openSite, type Site } from "./site/index.ts";

/**
 * Exchanges beside the recorded ones, on a whole gateway: each item of the checklist from several sides. What is refused, and what only
 * reads, leaves the cloud and the gateway as they were; every answer says who gave it; texts mean the same with either line end.
 */

let site: Site;
/** Whether the world is no longer the one that exchanges begin with. */
let isUsed = false;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

async function play({ before, step, after }: Tried, eol: "\n" | "\r\n"): Promise<void> {
  if (isUsed) await site.reset();
  isUsed = true;
  for (const one of before) judge(one, await ask(one, eol));
  const untouched = step.status >= 400 || /^(?:GET|HEAD|OPTIONS) /.test(step.line) || isTrial(step);
  const was = untouched ? await site.state() : undefined;
  const reply = await ask(step, eol);
  judge(step, reply);
  if (was !== undefined) expect(await site.state()).toEqual(was);
  const made = reply.headers.location === undefined ? "" : new URL(reply.headers.location).pathname;
  for (const one of after) judge(one, await ask({ ...one, line: one.line.replace("$LOC", made) }, eol));
  isUsed = was === undefined || before.length + after.length > 0;
}

function isTrial({ headers }: Step): boolean {
  return headers.some(([name, value]) => name === "Prefer" && value === "dry-run");
}

function ask({ isStranger, line, headers, body, isText }: Step, eol: string): Promise<Reply> {
  const said = isText && body !== undefined ? body.toString("latin1").replaceAll("\n", eol) : undefined;
  const bytes = said === undefined ? body : Buffer.from(said, "latin1");
  return isStranger ? site.stranger(line, headers, bytes) : site.send(line, headers, bytes);
}

function judge({ status, line, wanted }: Step, reply: Reply): void {
  expect(reply.status, `${line}\n${reply.body}`).toBe(status);
  for (const one of wanted) meet(one, reply);
  // Node answers what it will not read before the door hears of it.
  if (status === 431) return;
  expect(reply.headers.server).toContain("OCCI/1.2");
  expect(reply.headers["x-request-id"]).toMatch(/^req-/);
  if (status < 400) return;
  expect(reply.headers["content-type"]).toMatch(/^(?:text\/plain|text\/occi|application\/occi\+json)$/);
  expect(reply.body).not.toMatch(/\bat .*\.ts:\d+/);
}

function meet({ how, what }: Wanted, { headers, body }: Reply): void {
  if (how === "<") expect(body).toContain(what);
  if (how === "<!") expect(body).not.toContain(what);
  if (how === "<=") expect(body).toBe(what);
  if (how === "<~") expect(body).toMatch(new RegExp(what));
  if (how === "<#") expect(body.split(/\r?\n/).filter((line) => line !== "").length, body).toBe(Number(what));
  if (how !== "<h") return;
  const [name = "", pattern = ""] = what.split(" ~ ");
  expect(String(headers[name] ?? ""), name).toMatch(new RegExp(pattern));
}

describe.each(readdirSync(new URL("exchanges", import.meta.url)).sort())("%s", (file) => {
  const exchanges = loadExchanges(file);
  test.each(exchanges.map((one) => [`${one.step.status} ${one.step.why}`, one] as const))("%s", (_, one) =>
    play(one, "\n"),
  );
  const texts = exchanges.filter(({ step }) => step.isText && step.body !== undefined);
  if (texts.length === 0) return;
  test.each(texts.map((one) => [`${one.step.status} with CRLF: ${one.step.why}`, one] as const))("%s", (_, one) =>
    play(one, "\r\n"),
  );
});
