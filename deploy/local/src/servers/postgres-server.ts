import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import type { PostgresBinaries } from './find-postgres.js';
import { clearPostgresLeftovers } from './postgres-leftovers.js';
import { serverEnvironment, type LocalServer } from '../processes/process-spec.js';
import { lastLines, runCommand } from '../processes/run-command.js';
import { giveTo, type ServerUser } from './server-user.js';
import { SetupError } from './setup.error.js';

export interface PostgresServerOptions {
  readonly binaries: PostgresBinaries;
  /** The cluster's directory; it is made if it is not there. */
  readonly directory: string;
  readonly port: number;
  readonly password: string;
  readonly user: ServerUser | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly maxConnections?: number;
  /** Gives up making the cluster. */
  readonly signal?: AbortSignal | undefined;
  /** False only for data that may be lost: tests. */
  readonly durable?: boolean;
}

const ROLE = 'heddle';
const DATABASE = 'heddle';

/** The major version that made the cluster, or undefined when there is none yet. */
export function postgresDataVersion(directory: string): number | undefined {
  const file = join(directory, 'PG_VERSION');
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : undefined;
}

/** A cluster on loopback with one role, whose password is needed, and one database. */
export async function postgresServer(options: PostgresServerOptions): Promise<LocalServer> {
  const { binaries, directory, port, password, user } = options;
  if (postgresDataVersion(directory) === undefined) await initialise(options);
  const env = serverEnvironment(options.env);
  const address = (database: string): string =>
    `postgres://${ROLE}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  return {
    address: address(DATABASE),
    spec: {
      name: 'postgres',
      command: join(binaries.bin, 'postgres'),
      args: ['-D', directory, ...settings(options).flatMap((setting) => ['-c', setting])],
      env,
      cwd: directory,
      user,
      recognisedBy: '/postgres',
      // SIGINT is Postgres's fast shutdown: clients are cut, data are flushed.
      stop: { signal: 'SIGINT', deadlineMs: 20_000 },
      beforeStart: () => clearPostgresLeftovers(directory),
      ready: () => ensureDatabase(address('postgres')),
    },
  };
}

function settings(options: PostgresServerOptions): string[] {
  return [
    'listen_addresses=127.0.0.1',
    `port=${options.port}`,
    'unix_socket_directories=',
    `max_connections=${options.maxConnections ?? 60}`,
    'shared_buffers=64MB',
    'max_wal_size=512MB',
    'max_parallel_workers_per_gather=0',
    'jit=off',
    'timezone=UTC',
    'log_timezone=UTC',
    ...(options.durable === false ? ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'] : []),
  ];
}

/** Makes the cluster beside its place and moves it there whole: a start that is killed in the middle leaves no half. */
async function initialise({
  binaries,
  directory,
  password,
  user,
  env,
  durable,
  signal,
}: PostgresServerOptions): Promise<void> {
  const making = `${directory}.making`;
  const passwordFile = join(dirname(directory), `.${randomBytes(6).toString('hex')}`);
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true, mode: 0o700 });
  await giveTo(user, making);
  await writeFile(passwordFile, password, { mode: 0o600 });
  try {
    if (user) await runCommand('chown', [String(user.uid), passwordFile]);
    const made = await runCommand(
      join(binaries.bin, 'initdb'),
      [
        '-D',
        making,
        '-U',
        ROLE,
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale=C',
        '--data-checksums',
        ...(durable === false ? ['--no-sync'] : []),
      ],
      { cwd: making, env: serverEnvironment(env), uid: user?.uid, gid: user?.gid, signal },
    );
    if (made.code !== 0)
      throw new SetupError('COMMAND_FAILED', `initdb failed: ${lastLines(made.stderr || made.stdout)}`);
    await rename(making, directory);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(making, { recursive: true, force: true });
  }
}

async function ensureDatabase(address: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: address, connectionTimeoutMillis: 5_000 });
  // A server that goes away under an idle client says so by an event, which must not end this process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
    return true;
  } finally {
    await client.end();
  }
}
