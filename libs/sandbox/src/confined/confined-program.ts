import type { ConfinedLimits } from './start-confined.js';

/** One run of a program of the host's operator over bytes that anybody may have written. */
export interface ConfinedProgram {
  /** Absolute, of the host. One that is not below /usr is alone inside: nothing beside it can be seen. */
  readonly program: string;
  readonly args: readonly string[];
  /** By name, in its working directory: copies, which it may write. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** The file of them that is the outcome once the program has ended with 0; absent: what it prints. */
  readonly result?: string;
  readonly limits: ConfinedLimits;
}

/** `reason`: for people, in the platform's own words; nothing of it comes from the program. */
export type ConfinedOutcome =
  { readonly kind: 'DONE'; readonly output: Buffer } | { readonly kind: 'FAILED'; readonly reason: string };
