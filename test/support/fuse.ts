import type { Cloud } from "../../src/cloud/index.ts";
import type { Store } from "../../src/cloud/store.ts";

/**
 * A process that dies at one moment: behind the nth call of its store or of its cloud nothing that it does goes on, as if
 * it had been killed; what it had asked for until then has happened.
 */
export class Fuse {
  readonly blown = Promise.withResolvers<void>();
  #at = Number.POSITIVE_INFINITY;
  #calls = 0;
  last = "";
  #late: () => Promise<void> = async () => {};
  #isLate = false;
  #sleepAt = Number.POSITIVE_INFINITY;
  readonly #awake = Promise.withResolvers<void>();

  /** The death comes behind the nth call from now on; what that call asks for is done at once, or when it is let. */
  arm(at: number, isLate = false): void {
    this.#at = at;
    this.#calls = 0;
    this.#isLate = isLate;
  }

  /** It only sleeps, before the nth call from now on, until it is woken. */
  lull(at: number): void {
    this.#sleepAt = at;
    this.#calls = 0;
  }

  wake(): void {
    this.#awake.resolve();
  }

  /** Lets what was asked for at the last moment reach the cloud, whatever that says to it. */
  letThrough(): Promise<void> {
    return this.#late();
  }

  async guard<Result>(name: string, act: () => Promise<Result>): Promise<Result> {
    if (this.#calls >= this.#at) return new Promise(() => {});
    if (this.#calls + 1 >= this.#sleepAt) {
      this.#sleepAt = Number.POSITIVE_INFINITY;
      this.last = name;
      this.blown.resolve();
      await this.#awake.promise;
    }
    if (this.#isLate && this.#calls + 1 >= this.#at) {
      this.#calls += 1;
      this.last = name;
      this.#late = () =>
        act().then(
          () => {},
          () => {},
        );
      this.blown.resolve();
      return new Promise(() => {});
    }
    const outcome = await act().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    this.#calls += 1;
    this.last = name;
    if (this.#calls >= this.#at) {
      this.blown.resolve();
      return new Promise(() => {});
    }
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
  }

  async *stream<Item>(name: string, items: AsyncIterable<Item>): AsyncIterable<Item> {
    const iterator = items[Symbol.asyncIterator]();
    for (;;) {
      const step = await this.guard(name, () => iterator.next());
      if (step.done === true) return;
      yield step.value;
    }
  }
}

export function fusedStore(store: Store, fuse: Fuse): Store {
  return fused(store, "store", fuse);
}

export function fusedCloud(cloud: Cloud, fuse: Fuse): Cloud {
  const { name, region, tenant, capabilities, detached, ...ports } = cloud;
  const wrapped = Object.entries(ports).map(([port, object]) => [port, fused(object as object, port, fuse)]);
  return {
    ...(Object.fromEntries(wrapped) as Omit<Cloud, "name">),
    name,
    region,
    tenant,
    capabilities: () => fuse.guard("capabilities", capabilities),
    detached: () => fusedCloud(detached(), fuse),
  };
}

/** Every method of an object behind the fuse: promises at their end, streams at each item. */
function fused<Target extends object>(target: Target, name: string, fuse: Fuse): Target {
  return new Proxy(target, {
    get(_, property) {
      const member: unknown = Reflect.get(target, property);
      if (typeof member !== "function") return member;
      const called = `${name}.${String(property)}`;
      return (...args: unknown[]): unknown => {
        if (property === "list" || property === "names" || property === "volumeAttachments") {
          return fuse.stream(called, Reflect.apply(member, target, args));
        }
        return fuse.guard(called, async () => Reflect.apply(member, target, args));
      };
    },
    ownKeys: () => Reflect.ownKeys(target),
    getOwnPropertyDescriptor: (_, property) => Reflect.getOwnPropertyDescriptor(target, property),
  });
}
