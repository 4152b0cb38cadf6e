import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { serverEnvironment, type LocalServer } from '../processes/process-spec.js';
import { giveTo, type ServerUser } from './server-user.js';
import { describesNamespace } from './temporal-probe.js';

export interface TemporalServerOptions {
  readonly program: string;
  /** Holds the server's database. */
  readonly directory: string;
  readonly port: number;
  readonly user: ServerUser | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly namespace?: string;
  /** False only for data that may be lost: tests. */
  readonly durable?: boolean;
}

/**
 * What makes or breaks the single-process server. With the defaults each hop of a workflow waits about 45 ms, because
 * the history service reads its queues 20 times a second; fairness is exact only with one partition per queue.
 */
export const TEMPORAL_DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'matching.enableFairness=true',
  'matching.useNewMatcher=true',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  'frontend.enableServerVersionCheck=false',
] as const;

/** Temporal on loopback with a store of its own. It has no credentials to ask for: loopback is its only protection. */
export async function temporalServer(options: TemporalServerOptions): Promise<LocalServer> {
  const { directory, port, user } = options;
  const namespace = options.namespace ?? 'default';
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await giveTo(user, directory);
  return {
    address: `127.0.0.1:${port}`,
    spec: {
      name: 'temporal',
      command: options.program,
      args: [
        ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port), '--namespace', namespace],
        ...['--db-filename', join(directory, 'temporal.db'), '--log-format', 'json', '--log-level', 'warn'],
        ...[
          '--sqlite-pragma',
          'journal_mode=wal',
          '--sqlite-pragma',
          `synchronous=${options.durable === false ? 'off' : 'full'}`,
        ],
        ...TEMPORAL_DYNAMIC_CONFIG.flatMap((setting) => ['--dynamic-config-value', setting]),
      ],
      // The program writes a configuration file below HOME when it is told to, and must not find anybody's.
      // Its live data are small, so that by default it collects garbage a tenth of its time.
      env: { ...serverEnvironment(options.env), HOME: directory, GOGC: '400' },
      cwd: directory,
      user,
      recognisedBy: '/temporal',
      stop: { signal: 'SIGTERM', deadlineMs: 15_000 },
      ready: () => describesNamespace(`127.0.0.1:${port}`, namespace),
    },
  };
}
