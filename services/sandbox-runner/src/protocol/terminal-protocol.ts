import type { BoxSpec, WindowSize } from '@heddle/sandbox';

/**
 * How a runner opens a terminal: the first line of a connection of its own is a request with the method OPEN_TERMINAL,
 * whose answer comes when the program has started; from then on both ends write lines as below. Whoever closes the
 * connection ends the program, and nothing of it is ever repeated.
 */
export const OPEN_TERMINAL = 'openTerminal';

/** How labels of their boxes begin: nothing else of a sandbox is called so. */
export const TERMINAL_LABEL = 'terminal-';

export interface OpenTerminalParams {
  readonly sandbox: string;
  /** Lies over a box that has ended, and is on no record. */
  readonly box: BoxSpec;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Absent: its input and outputs are pipes. */
  readonly window?: WindowSize | undefined;
  /** Without input and output. */
  readonly idleMs: number;
  readonly limitMs: number;
}

/** Bytes are base64. */
export type TerminalInputLine =
  { readonly input: string } | { readonly resize: WindowSize } | { readonly endOfInput: true };

export type TerminalOutputLine =
  | { readonly output: string }
  | { readonly errorOutput: string }
  /** The last one: nothing of it is left on the host. */
  | { readonly ended: TerminalEnd };

export interface TerminalEnd {
  readonly reason: TerminalEndReason;
  readonly exitCode?: number | undefined;
}

export type TerminalEndReason =
  'EXITED' | 'CLIENT_CLOSED' | 'IDLE_LIMIT' | 'TIME_LIMIT' | 'DISK_LIMIT' | 'SANDBOX_REMOVED' | 'PLATFORM_STOPPED';
