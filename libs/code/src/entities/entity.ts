import type { EntityKind } from '../languages/language.js';

/** A function, class, method or type of a source text. */
export interface Entity {
  readonly kind: EntityKind;
  /** With the names of what it is in: `Cart.total`. */
  readonly name: string;
  /** From 1, inclusive. */
  readonly firstLine: number;
  readonly lastLine: number;
  /** Code elsewhere may use it. */
  readonly public: boolean;
  /** What its users depend on, in a form in which spaces say nothing. */
  readonly contract: string;
}

/** One place where a name is used. */
export interface Use {
  readonly name: string;
  readonly line: number;
}
