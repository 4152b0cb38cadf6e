import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who looked around in what an attempt left. */
export class Terminals1700000000007 implements MigrationInterface {
  readonly name = 'Terminals1700000000007';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE terminals (
        id uuid PRIMARY KEY,
        attempt_id uuid NOT NULL REFERENCES attempts (id),
        principal text NOT NULL,
        runner_id text NOT NULL,
        open_time timestamptz NOT NULL DEFAULT now(),
        close_time timestamptz,
        close_reason text NOT NULL DEFAULT '',
        exit_code int,
        bytes_received bigint NOT NULL DEFAULT 0,
        bytes_sent bigint NOT NULL DEFAULT 0,
        seen_time timestamptz NOT NULL DEFAULT now())`);
    await queryRunner.query('CREATE INDEX terminals_open ON terminals (seen_time) WHERE close_time IS NULL');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE terminals');
  }
}
