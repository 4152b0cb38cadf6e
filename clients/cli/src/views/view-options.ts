import type { Style } from '../output/style.js';

export interface ViewOptions {
  readonly style: Style;
  /** Width of the terminal; undefined: as wide as it needs. */
  readonly columns: number | undefined;
  readonly now: Date;
}
