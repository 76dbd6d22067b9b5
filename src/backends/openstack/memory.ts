/** What writes were drafted by lately: images, flavours and networks, each remembered for the one sign-in that saw it. */
import type { Clock, Cloud, Flavour, Image, Network, Recall } from "../../cloud/index.ts";
import { Cache } from "./cache.ts";
import type { SignIn } from "./identity/token.ts";

/** As long as a caller's token counts as looked at. */
const KEPT_MS = 60_000;
/** Of each kind, for all callers of a cloud together. */
const KEPT = 1000;

type Looking = Pick<Cloud, "images" | "flavours" | "networks">;

/** Who asks, and where. */
interface Asker {
  readonly bound: { readonly signIn: SignIn };
  readonly region: string | undefined;
}

export class Memory {
  readonly #clock: Clock;
  readonly #images: Cache<Image>;
  readonly #flavours: Cache<Flavour>;
  readonly #networks: Cache<Network>;
  readonly #numbers = new WeakMap<SignIn, number>();
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#images = new Cache(clock, KEPT);
    this.#flavours = new Cache(clock, KEPT);
    this.#networks = new Cache(clock, KEPT);
  }

  of({ bound, region = "" }: Asker, { images, flavours, networks }: Looking): Recall {
    const prefix = `${this.#numberOf(bound.signIn)} ${region} `;
    const told: (() => void)[] = [];
    const recalling =
      <Thing>(cache: Cache<Thing>, get: (id: string) => Promise<Thing>, isSettled: (thing: Thing) => boolean) =>
      async (id: string): Promise<Thing> => {
        const key = prefix + id;
        const known = cache.get(key);
        if (known !== undefined) {
          told.push(() => cache.forget(key));
          return known;
        }
        const found = await get(id);
        if (isSettled(found)) cache.keep(key, { value: found, until: this.#clock.now() + KEPT_MS });
        return found;
      };
    return {
      image: recalling(this.#images, images.get, ({ status }) => status === "active"),
      flavour: recalling(this.#flavours, flavours.get, () => true),
      // One without a subnet cannot take a card yet: whoever meets it may be about to change that.
      network: recalling(this.#networks, networks.get, ({ subnetIds }) => subnetIds.length > 0),
      forget() {
        for (const forget of told) forget();
        return told.length > 0;
      },
    };
  }

  #numberOf(signIn: SignIn): number {
    const known = this.#numbers.get(signIn);
    if (known !== undefined) return known;
    this.#numbers.set(signIn, ++this.#last);
    return this.#last;
  }
}
