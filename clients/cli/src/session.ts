import type { HeddleClient } from '@heddle/sdk';
import type { Keyboard } from './input/keyboard.js';
import type { Output } from './output/output.js';
import type { OpenPager } from './output/pager.js';

/** What one run of a command works with. */
export interface Session {
  readonly out: Output;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
  /** Made on first use, so that a wrong command line is told before a missing server. */
  readonly client: () => Promise<HeddleClient>;
  /** The words after `--`, which are a command's last arguments too: a program and its arguments, where others stand before it. */
  readonly afterDashes: readonly string[];
  readonly readStdin: () => Promise<string>;
  readonly keyboard: Keyboard;
  readonly openPager: OpenPager;
}
