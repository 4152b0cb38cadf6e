const START = 4;
const MOST = 16;

/**
 * How many landings are merged and tested ahead at once: one more for each that landed, half for each that was red,
 * so that a good queue moves fast and a bad one wastes little.
 */
export class LandingWindow {
  #size: number;

  constructor(size: number = START) {
    this.#size = Math.min(Math.max(1, Math.floor(size)), MOST);
  }

  get size(): number {
    return this.#size;
  }

  landed(count: number): void {
    this.#size = Math.min(MOST, this.#size + count);
  }

  failed(): void {
    this.#size = Math.max(1, Math.floor(this.#size / 2));
  }

  /** Next time one by one, so that it shows which one the remote refuses. */
  single(): void {
    this.#size = 1;
  }
}
