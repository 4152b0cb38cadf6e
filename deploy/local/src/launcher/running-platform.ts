import type { Say } from '../servers/progress.js';
import type { RunJson } from './run-json.js';
import type { ServiceDefinition } from './service-table.js';

export interface PlatformOptions {
  /** Overrides HEDDLE_DATA_DIR. */
  readonly dataDir?: string;
  /** Override HEDDLE_HTTP_PORT and HEDDLE_GRPC_PORT; 0: any. */
  readonly ports?: { readonly http?: number; readonly grpc?: number };
  /** Settings, and all else that the services inherit; `process.env` unless given. */
  readonly env?: NodeJS.ProcessEnv;
  readonly say?: Say;
  /** Gives up a start that is under way: what runs already is stopped, and `startPlatform` rejects with its reason. */
  readonly signal?: AbortSignal;
  /** The processes beside the servers; all of Heddle's unless given. */
  readonly services?: readonly ServiceDefinition[];
  /** Where `services` are; this checkout unless given. */
  readonly repositoryRoot?: string;
}

/** A running platform. */
export interface RunningPlatform {
  readonly dataDirectory: string;
  /** As it is now: pids change when a process is restarted. */
  readonly runJson: RunJson;
  /** Sends a signal (SIGKILL unless given) to the process of that name. @returns its pid */
  kill(name: string, signal?: NodeJS.Signals): number;
  /** Resolves when the process of that name serves with another pid than at its last `kill`. */
  waitRestarted(name: string): Promise<void>;
  /** Stops all processes in order and gives the data directory free. Repeats are harmless. */
  stop(): Promise<void>;
}
