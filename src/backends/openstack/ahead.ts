/** Places for requests that are made before anybody waits for them: few, whoever asks, so that no list crowds out a call. */
export class Ahead {
  #free: number;

  constructor(places: number) {
    this.#free = places;
  }

  /** As many as are free, at most so many; each is to be given back. */
  take(most: number): number {
    const taken = Math.min(this.#free, most);
    this.#free -= taken;
    return taken;
  }

  give(places: number): void {
    this.#free += places;
  }
}
