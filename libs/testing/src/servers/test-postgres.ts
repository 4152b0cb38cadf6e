import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findPostgres, freePort, lockFile, postgresServer } from '@heddle/local/servers';
import pg from 'pg';
import { runDirectory } from '../run/run-directory.js';
import { findContext } from './find-context.js';
import { sharedServer } from './shared-server.js';

/** A database of one test file. */
export interface TestDatabase {
  readonly url: string;
  /** @throws when somebody still has a connection to it: that is a leak of the test or of the code under test */
  drop(): Promise<void>;
}

export interface TemplateOptions {
  /** Databases with the same template are clones of one, which is made once per run. */
  readonly template: string;
  /** Makes the template's schema; it must close its connections. */
  readonly migrate: (url: string) => Promise<void>;
}

/** The run's Postgres server. */
export interface TestPostgres {
  /** An empty database, or a clone of a template. */
  database(options?: TemplateOptions): Promise<TestDatabase>;
}

const LEAK_GRACE_MS = 3_000;

/** @throws {SetupError} SERVER_NOT_FOUND */
export async function testPostgres(): Promise<TestPostgres> {
  const context = await findContext();
  const address = await sharedServer('postgres', async (directory) =>
    postgresServer({
      binaries: await findPostgres(context),
      directory,
      port: await freePort(),
      password: randomBytes(12).toString('hex'),
      user: context.user,
      env: context.env,
      maxConnections: 200,
      durable: false,
    }),
  );
  return {
    async database(options) {
      const template = options && (await ensureTemplate(address, options));
      const name = `test_${randomBytes(8).toString('hex')}`;
      await execute(address, `CREATE DATABASE ${name}${template ? ` TEMPLATE ${template}` : ''}`);
      return { url: withDatabase(address, name), drop: () => drop(address, name) };
    },
  };
}

/** The name of the template database; the first that asks makes it while the others wait. */
async function ensureTemplate(address: string, { template, migrate }: TemplateOptions): Promise<string> {
  const name = `template_${template.replace(/\W/g, '_').toLowerCase()}`;
  const lock = await lockFile(join(runDirectory(), `${name}.lock`));
  try {
    const known = await execute(address, 'SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (known > 0) return name;
    // Under another name until it is complete: a migration that fails leaves no half a template.
    const making = `${name}_making`;
    await execute(address, `DROP DATABASE IF EXISTS ${making} WITH (FORCE)`);
    await execute(address, `CREATE DATABASE ${making}`);
    await migrate(withDatabase(address, making));
    await execute(address, `ALTER DATABASE ${making} RENAME TO ${name}`);
    return name;
  } finally {
    await lock?.release();
  }
}

async function drop(address: string, name: string): Promise<void> {
  const deadline = performance.now() + LEAK_GRACE_MS;
  const open = (): Promise<number> =>
    execute(address, `SELECT 1 FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'`, [name]);
  // A connection that was just closed takes the server a moment to forget.
  while ((await open()) > 0 && performance.now() < deadline) await delay(50);
  const leaked = await open();
  await execute(address, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  if (leaked > 0)
    throw new Error(`${leaked} connection(s) to the test's database are still open: close what opened them`);
}

/** @returns how many rows it gave */
async function execute(address: string, sql: string, values: readonly string[] = []): Promise<number> {
  const client = new pg.Client({ connectionString: withDatabase(address, 'postgres') });
  await client.connect();
  try {
    return (await client.query(sql, [...values])).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

function withDatabase(address: string, name: string): string {
  const url = new URL(address);
  url.pathname = `/${name}`;
  return url.toString();
}
