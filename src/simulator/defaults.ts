/** The surroundings of a simulator that is given none. */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { type Clock, type Ids, type Log, silentLog } from "../cloud/runtime.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    await pause(milliseconds, undefined, signal === undefined ? {} : { signal });
  },
};

export const randomIds: Ids = { uuid: () => randomUUID() };

export const silent: Log = silentLog;
