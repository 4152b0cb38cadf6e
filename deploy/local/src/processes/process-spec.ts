import type { ServerUser } from '../servers/server-user.js';

/** How one long-running process is started, recognised as ready, and stopped. */
export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly user: ServerUser | undefined;
  /** What one of the words of its command line ends with: tells it from processes that inherited its environment. */
  readonly recognisedBy: string;
  readonly stop: StopRule;
  /** How a process that an earlier, killed launcher left behind is ended; `stop` unless given. */
  readonly takeOver?: StopRule;
  /** Runs before each start, also after a crash: clears what a killed predecessor left. */
  beforeStart?(): Promise<void>;
  /** One look: true when it serves. Throws or returns false while it does not. */
  ready(): Promise<boolean>;
}

export interface StopRule {
  readonly signal: NodeJS.Signals;
  /** Milliseconds after which the process is killed. */
  readonly deadlineMs: number;
}

/** A server that this host runs for itself, and the address under which it is reached. */
export interface LocalServer {
  readonly spec: ProcessSpec;
  readonly address: string;
}

/** What a server process inherits: no settings or secrets of Heddle, no options of Node. */
export function serverEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { PATH: env['PATH'], LANG: 'C.UTF-8', TZ: 'UTC', HOME: '/nonexistent' };
}
