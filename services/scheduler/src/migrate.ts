import { loadConfig, url } from '@heddle/platform/config';
import { createLogger } from '@heddle/platform/logging';
import { runMigrations } from '@heddle/platform/persistence';
import { schedulerDataSource } from './persistence/data-source.js';

const config = loadConfig({ HEDDLE_DATABASE_URL: url('postgres', 'postgresql') });
const logger = createLogger('scheduler-migrate');
await runMigrations(schedulerDataSource(config.HEDDLE_DATABASE_URL, logger), logger);
