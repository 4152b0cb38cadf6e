import type { DataSource } from 'typeorm';
import type { Logger } from '../logging/create-logger.js';
import { migrate } from './migrate.js';

/** The whole of a service's `migrate.js`: migrates, tells what ran, ends the process with 1 if it failed. */
export async function runMigrations(dataSource: DataSource, logger: Logger): Promise<void> {
  try {
    const ran = await migrate(dataSource);
    logger.info({ ran }, ran.length === 0 ? 'the schema is up to date' : 'the schema was migrated');
    await dataSource.destroy();
  } catch (error) {
    logger.fatal({ err: error }, 'the migration failed');
    process.exitCode = 1;
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}
