import type { BoxSpec, ProcessSpec } from './sandbox-driver.js';
import type { BoxPaths } from '../workspace/box-paths.js';

/** How one command line becomes one that runs inside the boundary. */
export interface CommandWrapper {
  inside(paths: BoxPaths): { readonly workspace: string; readonly home: string; readonly run: string };
  /** The status file is descriptor 3, the arguments file (if any) descriptor 4 of `argv`. */
  wrap(box: BoxSpec, process: ProcessSpec): Promise<WrappedCommand>;
}

export interface WrappedCommand {
  readonly argv: readonly string[];
  /** Arguments that must not be seen in the process list of the inside. */
  readonly argumentsFile: Buffer | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
}
