import { type Clock, CloudError, type Ids, type Lease, type Log, type Store } from "../cloud/index.ts";

/** What the machine tells of processes. */
export interface Machine {
  /** The same for processes whose ids mean the same ones: this boot of this kernel, and this space of ids. */
  readonly place: string | undefined;
  readonly pid: number;
  isRunning(pid: number): boolean;
}

/** A gateway that was not heard of for so long is gone, wherever it ran. Clocks of gateways must agree to well below this. */
export const LEASE_MS = 20_000;

/** Which gateways there are: each holds a lease on its own name as long as it lives. */
export interface Presence {
  /** This gateway among all that ever used the store. */
  readonly owner: string;
  renew(): Promise<void>;
  isGone(owner: string): Promise<boolean>;
  leave(): Promise<void>;
}

export interface PresenceOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly machine: Machine;
}

const leaseName = (owner: string): string => `gateway/${owner}`;

export async function openPresence({ store, clock, ids, log, machine }: PresenceOptions): Promise<Presence> {
  const owner = [ids.uuid(), machine.place ?? "", machine.pid].join(" ");
  const name = leaseName(owner);
  let lease: Lease | undefined;
  const gone = new Set<string>();

  async function renew(): Promise<void> {
    // Not more often than it takes: each time is a write to the disk. Nor too late when the clock was set back.
    if (lease !== undefined && Math.abs(lease.expiresAt - clock.now() - LEASE_MS) < LEASE_MS / 4) return;
    try {
      lease =
        lease === undefined ? await store.acquireLease(name, owner, LEASE_MS) : await store.renewLease(lease, LEASE_MS);
    } catch (thrown) {
      if (CloudError.is(thrown, "CONFLICT")) {
        // The clock jumped, or the process slept: whoever took this gateway for gone has taken its writes over, each by
        // its revision in the store, so that there is nothing else to give up.
        log.warn({}, "this gateway was not heard of in time");
        lease = await store.acquireLease(name, owner, LEASE_MS);
        return;
      }
      throw thrown;
    }
  }

  return {
    owner,
    renew,
    async isGone(other) {
      if (other === owner) return false;
      const [, place, pid] = other.split(" ");
      const isNear = place !== "" && place === machine.place;
      // One that died on this machine need not be waited for.
      if (isNear && !machine.isRunning(Number(pid))) return true;
      if (gone.has(other)) return true;
      const free = await store.acquireLease(leaseName(other), owner, LEASE_MS);
      if (free === undefined) return false;
      // Should it wake up again, it has lost its writes all the same.
      gone.add(other);
      await store.releaseLease(free);
      return true;
    },
    async leave() {
      if (lease !== undefined) await store.releaseLease(lease);
      lease = undefined;
    },
  };
}
