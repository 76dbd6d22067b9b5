/** How quickly a cloud tells a list, by the last page that was long enough to say so: a first page is to be there soon. */
export class Pace {
  readonly #least: number;
  readonly #most: number;
  #each: number | undefined;

  /** Pages have at least and at most so many items; before anything is known, the least. */
  constructor(least: number, most: number) {
    this.#least = least;
    this.#most = most;
  }

  /** How many items come within so many milliseconds. */
  within(milliseconds: number): number {
    if (this.#each === undefined) return this.#least;
    return Math.max(this.#least, Math.min(this.#most, Math.floor(milliseconds / this.#each)));
  }

  told(count: number, milliseconds: number): void {
    if (count >= this.#least) this.#each = Math.max(milliseconds, 1) / count;
  }
}
