export { createDataSource, type DataSourceSettings } from './create-data-source.js';
export { migrate } from './migrate.js';
export { runMigrations } from './run-migrations.js';
