import { loadConfig, url } from '@heddle/platform/config';
import { createLogger } from '@heddle/platform/logging';
import { runMigrations } from '@heddle/platform/persistence';
import { reviewDataSource } from './persistence/data-source.js';

const config = loadConfig({ HEDDLE_DATABASE_URL: url('postgres', 'postgresql') });
const logger = createLogger('review-migrate');
await runMigrations(reviewDataSource(config.HEDDLE_DATABASE_URL, logger), logger);
