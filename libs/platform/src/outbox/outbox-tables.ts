import type { QueryRunner } from 'typeorm';

/** For a service's first migration: the tables `outbox`, `request_log` and `inbox` in its schema. */
export async function createOutboxTables(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query(`
    CREATE TABLE outbox (
      sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      event_id text NOT NULL UNIQUE,
      aggregate text NOT NULL,
      aggregate_id text NOT NULL,
      version bigint NOT NULL CHECK (version > 0),
      type text NOT NULL,
      payload text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      published_at timestamptz,
      stream_sequence bigint,
      stream_epoch text,
      UNIQUE (aggregate, aggregate_id, version)
    )`);
  await queryRunner.query('CREATE INDEX outbox_unpublished ON outbox (sequence) WHERE published_at IS NULL');
  await queryRunner.query(
    'CREATE INDEX outbox_sent ON outbox (stream_epoch, stream_sequence) WHERE published_at IS NOT NULL',
  );
  await queryRunner.query('CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL');
  await queryRunner.query(`
    CREATE TABLE request_log (
      principal text NOT NULL,
      method text NOT NULL,
      request_id text NOT NULL,
      body_hash bytea NOT NULL,
      response bytea,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (principal, method, request_id)
    )`);
  await queryRunner.query('CREATE INDEX request_log_created ON request_log (created_at)');
  await queryRunner.query(`
    CREATE TABLE inbox (
      consumer text NOT NULL,
      aggregate text NOT NULL,
      aggregate_id text NOT NULL,
      last_version bigint NOT NULL,
      PRIMARY KEY (consumer, aggregate, aggregate_id)
    )`);
}

/** The reverse of `createOutboxTables`. */
export async function dropOutboxTables(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query('DROP TABLE inbox, request_log, outbox');
}
