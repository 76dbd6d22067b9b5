/**
 * A setup file of every test: what the simulator answers in this process is judged by OpenStack's OpenAPI, and the test
 * during which an answer fell short fails, even if it did not look at that answer itself.
 */
import { subscribe } from "node:diagnostics_channel";
import { afterAll, afterEach } from "vitest";
import type { Answered } from "../../../src/simulator/core/pipeline.ts";
import { openapiFolder } from "./documents.ts";
import type { Mismatch } from "./judge.ts";

const CHANNEL = "vimana.simulator.answer";
/** More would hide the first ones. */
const SHOWN = 20;

// ajv and the documents are only read by tests whose simulator is asked something.
let judging: Promise<typeof import("./verdict.ts")> | undefined;
let waiting: Answered[] = [];

function listen(message: unknown): void {
  judging ??= import("./verdict.ts");
  waiting.push(message as Answered);
}

if (openapiFolder !== undefined) {
  const found = new Map<string, Mismatch>();

  subscribe(CHANNEL, listen);

  const settle = async (): Promise<void> => {
    if (judging === undefined) return;
    const { describe, verdict } = await judging;
    for (const answered of waiting) for (const one of verdict(answered)) found.set(describe(one), one);
    waiting = [];
    const texts = [...found.keys()];
    found.clear();
    if (texts.length === 0) return;
    const more = texts.length > SHOWN ? `\n… and ${texts.length - SHOWN} more` : "";
    throw new Error(
      `the simulator's answers are not what OpenStack's OpenAPI says:\n${texts.slice(0, SHOWN).join("\n")}${more}`,
    );
  };

  afterEach(settle);
  afterAll(settle);
}
