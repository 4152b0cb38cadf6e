import { readFileSync } from 'node:fs';
import { defaultDataDirectory } from '../servers/directories.js';
import { SetupError } from '../servers/setup.error.js';

/** What the launcher itself reads of the environment; all else is passed on to the services as it is. */
export interface LauncherSettings {
  readonly dataDirectory: string;
  readonly host: string;
  /** 0: a free port, chosen once per data directory. */
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly adminToken: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly natsUrl: string | undefined;
  readonly temporalAddress: string | undefined;
  readonly temporalNamespace: string;
  readonly unsafeHost: boolean;
}

/** @throws {SetupError} SETTING_INVALID */
export function launcherSettings(env: NodeJS.ProcessEnv): LauncherSettings {
  return {
    dataDirectory: defaultDataDirectory(env),
    host: env['HEDDLE_HOST'] || '127.0.0.1',
    httpPort: port(env, 'HEDDLE_HTTP_PORT', 7470),
    grpcPort: port(env, 'HEDDLE_GRPC_PORT', 7471),
    adminToken: setting(env, 'HEDDLE_ADMIN_TOKEN'),
    databaseUrl: setting(env, 'HEDDLE_DATABASE_URL'),
    natsUrl: setting(env, 'HEDDLE_NATS_URL'),
    temporalAddress: setting(env, 'HEDDLE_TEMPORAL_ADDRESS'),
    temporalNamespace: env['HEDDLE_TEMPORAL_NAMESPACE'] || 'default',
    unsafeHost: env['HEDDLE_SANDBOX'] === 'unsafe-host',
  };
}

function setting(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const file = env[`${name}_FILE`];
  if (!file) return env[name] || undefined;
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (cause) {
    throw new SetupError('SETTING_INVALID', `${name}_FILE names a file that cannot be read: ${file}`, [], { cause });
  }
}

function port(env: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const given = env[name];
  if (given === undefined || given === '') return otherwise;
  const value = Number(given);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new SetupError('SETTING_INVALID', `${name} must be a port, 0 to 65535`);
}
