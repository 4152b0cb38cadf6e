import type { AttachedSpec, BoxSpec } from './sandbox-driver.js';
import type { BoxNetwork } from '../network/box-network.js';
import type { BoxPaths } from '../workspace/box-paths.js';

/** What of a process decides about its command line. */
export type CommandSpec = Pick<AttachedSpec, 'command' | 'environment'>;

/** How one command line becomes one that runs inside the boundary. */
export interface CommandWrapper {
  inside(paths: BoxPaths): { readonly workspace: string; readonly home: string; readonly run: string };
  /** Refuses a box that it could run nothing in. */
  prepare(box: BoxSpec): Promise<void>;
  /** The status file is descriptor 3 of `argv`, `handed` are 4, 5, … */
  wrap(box: BoxSpec, process: CommandSpec, network?: BoxNetwork): Promise<WrappedCommand>;
}

export interface WrappedCommand {
  readonly argv: readonly string[];
  /** Read once from descriptors, and on no disk: arguments that the inside must not see, which may be secrets. */
  readonly handed: readonly Buffer[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
}
