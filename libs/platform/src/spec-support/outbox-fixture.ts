import { randomUUID } from 'node:crypto';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { createLogger } from '../logging/create-logger.js';
import { createOutboxTables, dropOutboxTables } from '../outbox/outbox-tables.js';
import { createDataSource } from '../persistence/create-data-source.js';

export const silent = createLogger('test', 'silent');

export class OutboxTables1700000000000 implements MigrationInterface {
  up(queryRunner: QueryRunner): Promise<void> {
    return createOutboxTables(queryRunner);
  }

  down(queryRunner: QueryRunner): Promise<void> {
    return dropOutboxTables(queryRunner);
  }
}

/** A schema name that no other spec has. */
export function freshSchema(): string {
  return `t_${randomUUID().replaceAll('-', '')}`;
}

export function outboxDataSource(url: string, schema = freshSchema(), poolSize = 10): DataSource {
  return createDataSource({
    url,
    schema,
    entities: [],
    migrations: [OutboxTables1700000000000],
    logger: silent,
    poolSize,
  });
}
