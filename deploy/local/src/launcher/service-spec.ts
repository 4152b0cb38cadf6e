import { existsSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ProcessSpec } from '../processes/process-spec.js';
import { SetupError } from '../servers/setup.error.js';
import { marks } from './leftovers.js';
import type { ServiceDefinition, Wiring } from './service-table.js';

const PROBE_MS = 3_000;
/**
 * A young generation that may not grow far keeps five idle services within 850 MB; below 8 MB each, a busy one spends a
 * third of its time collecting it. Source maps would cost 16 MB: compiled code reads like its source.
 */
const NODE_FLAGS = ['--max-semi-space-size=8'] as const;
/** Read by the launcher, or for one service only: the others must not see them, under any spelling. */
const WITHHELD = [
  'HEDDLE_ADMIN_TOKEN',
  'HEDDLE_DATABASE_URL',
  'HEDDLE_INTERNAL_TOKEN',
  'HEDDLE_NATS_TOKEN',
  'HEDDLE_NATS_URL',
  'HEDDLE_TEMPORAL_ADDRESS',
].flatMap((name) => [name, `${name}_FILE`]);

/** @throws {SetupError} ENTRY_POINT_MISSING when the service has not been built */
export function serviceSpec(
  service: ServiceDefinition,
  wiring: Wiring,
  healthPort: number,
  env: NodeJS.ProcessEnv,
  repositoryRoot: string,
): ProcessSpec {
  return {
    name: service.name,
    command: process.execPath,
    args: [...NODE_FLAGS, entryPoint(repositoryRoot, service.entry)],
    env: serviceEnvironment(service, wiring, healthPort, env),
    cwd: repositoryRoot,
    user: undefined,
    recognisedBy: `/${service.entry}`,
    stop: service.stop,
    takeOver: service.takeOver,
    ready: () => (service.readiness === 'http' ? answersReady(healthPort) : accepts(wiring.supervisorSocket)),
  };
}

/** The absolute path of a compiled file. */
export function entryPoint(repositoryRoot: string, file: string): string {
  const path = join(repositoryRoot, file);
  if (existsSync(path)) return path;
  throw new SetupError('ENTRY_POINT_MISSING', `${file} is not there: it has not been built.`, ['npm run build']);
}

/** The settings of one service: what the operator gave, and above it what this launcher decided. */
export function serviceEnvironment(
  service: ServiceDefinition,
  wiring: Wiring,
  healthPort: number,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _ours, ...passed } = env;
  for (const name of WITHHELD) Reflect.deleteProperty(passed, name);
  return {
    HEDDLE_LOG_LEVEL: 'info',
    ...passed,
    ...marks(wiring.dataDirectory, service.name),
    HEDDLE_DATA_DIR: wiring.dataDirectory,
    HEDDLE_HEALTH_PORT: String(healthPort),
    HEDDLE_DATABASE_URL: wiring.databaseUrl,
    HEDDLE_NATS_URL: wiring.natsUrl,
    ...(wiring.natsToken === undefined ? {} : { HEDDLE_NATS_TOKEN: wiring.natsToken }),
    HEDDLE_TEMPORAL_ADDRESS: wiring.temporalAddress,
    HEDDLE_TEMPORAL_NAMESPACE: wiring.temporalNamespace,
    HEDDLE_INTERNAL_TOKEN: wiring.internalToken,
    HEDDLE_INTERNAL_HOST: '127.0.0.1',
    ...service.settings(wiring),
  };
}

function answersReady(healthPort: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(
      { host: '127.0.0.1', port: healthPort, path: '/readyz', agent: false, timeout: PROBE_MS },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.once('timeout', () => request.destroy());
    request.once('error', () => {
      resolve(false);
    });
  });
}

function accepts(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
