import {
  DataSource,
  type DataSourceOptions,
  type EntityTarget,
  type MigrationInterface,
  type ObjectLiteral,
} from 'typeorm';
import type { Logger } from '../logging/create-logger.js';
import { TypeOrmLogger } from './typeorm-logger.js';

export interface DataSourceSettings {
  readonly url: string;
  /** The service's own schema; nothing outside it is touched. */
  readonly schema: string;
  readonly entities: readonly (EntityTarget<ObjectLiteral> & (abstract new (...args: never[]) => unknown))[];
  readonly migrations: readonly (new () => MigrationInterface)[];
  readonly logger: Logger;
  /** Connections at most; 10 if absent. */
  readonly poolSize?: number;
}

/** A TypeORM data source that is not yet initialised. Unqualified names in raw SQL mean the service's schema. */
export function createDataSource(settings: DataSourceSettings): DataSource {
  const options: DataSourceOptions = {
    type: 'postgres',
    url: settings.url,
    schema: settings.schema,
    entities: settings.entities as DataSourceOptions['entities'] & unknown[],
    migrations: [...settings.migrations] as (new () => MigrationInterface)[],
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    applicationName: `heddle-${settings.schema}`,
    poolSize: settings.poolSize ?? 10,
    connectTimeoutMS: 5_000,
    logger: new TypeOrmLogger(settings.logger),
    logging: ['error', 'warn', 'migration'],
    poolErrorHandler: (error: unknown) => settings.logger.warn({ err: error }, 'an idle database connection broke'),
    extra: {
      options: `-c search_path=${settings.schema},public`,
      idle_in_transaction_session_timeout: 60_000,
      keepAlive: true,
    },
  };
  return new DataSource(options);
}
