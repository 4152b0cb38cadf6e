/**
 * The search for the first red one of a row of which the last is known to be red, and of which all before the first red one
 * are green. Pure: `next` says which place to test, `told` what it came to.
 */
export class FirstRed {
  #low = -1;
  #high: number;

  /** @param length at least 1 */
  constructor(length: number) {
    this.#high = length - 1;
  }

  /** The place to test next; undefined when the first red one is known. */
  next(): number | undefined {
    return this.#high - this.#low > 1 ? Math.floor((this.#low + this.#high) / 2) : undefined;
  }

  told(place: number, isRed: boolean): void {
    if (isRed) this.#high = Math.min(this.#high, place);
    else this.#low = Math.max(this.#low, place);
  }

  /** The first red place, once `next` has nothing more to ask. */
  get place(): number {
    return this.#high;
  }
}
