import type { EntityManager } from 'typeorm';

/** A table of the service's schema, quoted for raw SQL. */
export function tableName(manager: EntityManager, table: 'outbox' | 'request_log' | 'inbox'): string {
  const { options } = manager.dataSource;
  const schema = options.type === 'postgres' ? options.schema : undefined;
  return schema === undefined ? `"${table}"` : `"${schema.replaceAll('"', '""')}"."${table}"`;
}

/** The channel on which a commit with new events is told of. */
export function notifyChannel(schema: string): string {
  return `heddle_outbox_${schema}`;
}
