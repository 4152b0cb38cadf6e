import pg from 'pg';
import type { DataSource } from 'typeorm';

const LOCK_CLASS = 0x4845444c;

/**
 * Makes the schema and runs the migrations that it lacks. Several processes may start this at once: one works, the others wait and find nothing to do.
 * Initialises the data source if it is not yet, and leaves it so.
 * @returns the names of the migrations that ran
 */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const { options } = dataSource;
  if (options.type !== 'postgres' || options.url === undefined || options.schema === undefined) {
    throw new Error('migrate() takes the data sources that createDataSource() makes');
  }
  const client = new pg.Client({ connectionString: options.url, application_name: 'heddle-migrate' });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1, hashtext($2))', [LOCK_CLASS, options.schema]);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${client.escapeIdentifier(options.schema)}`);
    if (!dataSource.isInitialized) await dataSource.initialize();
    const ran = await dataSource.runMigrations();
    return ran.map((migration) => migration.name);
  } finally {
    // Ends the session and with it the lock, whatever happened.
    await client.end();
  }
}
