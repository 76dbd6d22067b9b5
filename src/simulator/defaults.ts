/** The surroundings of a simulator that is given none. */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { type Clock, type Ids, type Log, silentLog } from "../cloud/runtime.ts";
import { seeded } from "./machine.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    await pause(milliseconds, undefined, signal === undefined ? {} : { signal });
  },
};

export const randomIds: Ids = { uuid: () => randomUUID() };

/** Ids that repeat: version 4 UUIDs from a seeded generator. */
export function seededIds(seed: number): Ids {
  const random = seeded(seed);
  const hex = (digits: number): string =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, "0");
  return { uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(8)}${hex(4)}` };
}

export const silent: Log = silentLog;
