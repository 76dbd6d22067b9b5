import { type Clock, CloudError, type Clouds, silentLog } from "../../src/cloud/index.ts";
import { systemIds } from "../../src/gateway/runtime.ts";
import { type OpenWrites, openWrites } from "../../src/recovery/index.ts";
import { openStore } from "../../src/store/index.ts";

const refused = (): never => {
  throw new CloudError("UNAVAILABLE", "no cloud of the gateway's own");
};

/** Clouds to none of which there is a credential. */
const NO_CLOUDS: Clouds = {
  names: [],
  defaultName: "none",
  signInUrl: refused,
  open: async () => refused(),
  check: async () => refused(),
  close: async () => {},
};

/** Writes with their account in memory, for a door that is tried alone. */
export async function memoryWrites(clock: Clock): Promise<OpenWrites> {
  const store = await openStore({ kind: "memory", clock, ids: systemIds });
  return openWrites({ store, clouds: NO_CLOUDS, clock, ids: systemIds, log: silentLog, settleMs: 1000 });
}
