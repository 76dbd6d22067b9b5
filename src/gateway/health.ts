import type { Server } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import { type Clock, CloudError, type Clouds } from "../cloud/index.ts";

/** Whether the program takes calls, told on every door: `grpc.health.v1`, `/healthz` (alive), `/readyz` (useful). */
export interface HealthState {
  /** False once the program drains. */
  readonly isServing: boolean;
  /** Why the default cloud cannot be used at the moment, or nothing. */
  readiness(): Promise<string | undefined>;
  onChange(listener: (isServing: boolean) => void): void;
  drain(): void;
}

/** A look at the cloud is this old at most, milliseconds; probes come from several sides every few seconds. */
const FRESH = 5_000;
const LOOK_TIMEOUT = 3_000;

export function createHealth(clouds: Clouds, clock: Clock): HealthState {
  let isServing = true;
  let looked: { at: number; result: Promise<string | undefined> } | undefined;
  const listeners: ((isServing: boolean) => void)[] = [];
  return {
    get isServing() {
      return isServing;
    },
    async readiness() {
      if (!isServing) return "draining";
      const age = clock.now() - (looked?.at ?? 0);
      // Negative where the clock was set back.
      if (looked === undefined || age > FRESH || age < 0) {
        looked = { at: clock.now(), result: look(clouds) };
      }
      return looked.result;
    },
    onChange: (listener) => listeners.push(listener),
    drain() {
      isServing = false;
      for (const listener of listeners) listener(false);
    },
  };
}

async function look(clouds: Clouds): Promise<string | undefined> {
  try {
    await clouds.check(clouds.defaultName, AbortSignal.timeout(LOOK_TIMEOUT));
    return undefined;
  } catch (thrown) {
    return `cloud ${clouds.defaultName}: ${CloudError.from(thrown).message}`;
  }
}

/** `grpc.health.v1` for the whole server (the empty name). */
export function registerHealth(server: Server, health: HealthState): void {
  const implementation = new HealthImplementation({ "": "SERVING" });
  implementation.addToServer(server);
  health.onChange((isServing) => implementation.setStatus("", isServing ? "SERVING" : "NOT_SERVING"));
}
