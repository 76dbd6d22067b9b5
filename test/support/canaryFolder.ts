/**
 * `VIMANA_CANARY=<folder>`: whatever the suite's gateways say is kept there, with the secrets that they were shown, so
 * that `node scripts/canary.mjs <folder>` can look for the one in the other.
 *
 * said-<pid>.log      log lines of every level, and what was answered with an error
 * secrets-<pid>.json  a secret a line: tokens, Basic credentials, and what bodies have under names of secrets
 */
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../src/cloud/index.ts";
import { createLog } from "../../src/gateway/runtime.ts";

const FOLDER = process.env.VIMANA_CANARY ?? "";

/** Base addresses of gateways' doors: others' errors are none of ours. */
const doors = new Set<string>();

function file(name: string): string {
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  return join(FOLDER, name);
}

const said = (): string => file(`said-${process.pid}.log`);

/** The log of a test's gateway; nothing when nobody listens. */
export function canaryLog(): Log | undefined {
  return FOLDER === "" ? undefined : createLog("debug", said());
}

export function listenAt(addresses: readonly string[]): void {
  if (FOLDER !== "") for (const address of addresses) doors.add(address);
}

/** What a gateway's process said. */
export function keepSaid(text: string): void {
  if (FOLDER !== "") appendFileSync(said(), `${text}\n`);
}

/** Every `fetch` of the tests is looked at from here on. */
export function wrapFetch(): void {
  if (FOLDER === "") return;
  const original = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    keepSecrets(secretsOf(new Headers(init?.headers), init?.body));
    const response = await original(input, init);
    const isOurs = [...doors].some((door) => response.url.startsWith(door));
    if (isOurs && response.status >= 400) keepSaid(await response.clone().text());
    return response;
  };
}

function keepSecrets(secrets: readonly string[]): void {
  if (secrets.length > 0)
    appendFileSync(file(`secrets-${process.pid}.json`), secrets.map((one) => `${JSON.stringify(one)}\n`).join(""));
}

const NAMES = /^(?:password|secret|adminPass|user_data|content|privateKey|private_key|blob)$/;

function secretsOf(headers: Headers, body: unknown): readonly string[] {
  const [scheme = "", value = ""] = (headers.get("authorization") ?? "").split(" ", 2);
  const pair = scheme === "Basic" ? Buffer.from(value, "base64").toString("utf8") : "";
  const found = [headers.get("x-auth-token") ?? "", value, pair.slice(pair.indexOf(":") + 1)];
  if (typeof body === "string" && body.startsWith("{")) {
    try {
      JSON.parse(body, (name, member: unknown) => {
        if (NAMES.test(name) && typeof member === "string") found.push(member);
        return member;
      });
    } catch {
      // Tests send what is no JSON, too.
    }
  }
  return found.filter((secret) => secret !== "");
}
