import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Several changes made one. */
export class Reconciliations1700000000004 implements MigrationInterface {
  readonly name = 'Reconciliations1700000000004';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE reconciliations (
        id uuid PRIMARY KEY,
        repository_id uuid NOT NULL REFERENCES repositories (id),
        branch text NOT NULL,
        base_commit text NOT NULL,
        state text NOT NULL,
        reason text NOT NULL DEFAULT '',
        message text NOT NULL DEFAULT '',
        step text NOT NULL,
        instructions text NOT NULL,
        agent jsonb,
        start_commit text,
        task_id uuid UNIQUE,
        attempt_id uuid UNIQUE,
        change_id uuid UNIQUE REFERENCES changes (id),
        failed text NOT NULL DEFAULT '',
        stop_untold boolean NOT NULL DEFAULT false,
        principal text NOT NULL,
        traceparent text NOT NULL,
        create_time timestamptz NOT NULL,
        end_time timestamptz,
        revision bigint NOT NULL
      )`);
    await queryRunner.query(
      `CREATE INDEX reconciliations_open ON reconciliations (create_time) WHERE end_time IS NULL OR stop_untold`,
    );
    await queryRunner.query(`CREATE INDEX reconciliations_repository ON reconciliations (repository_id)`);
    await queryRunner.query(`
      CREATE TABLE reconciliation_inputs (
        reconciliation_id uuid NOT NULL REFERENCES reconciliations (id),
        position int NOT NULL,
        change_id uuid NOT NULL REFERENCES changes (id),
        attempt_id uuid NOT NULL,
        task_id uuid NOT NULL,
        title text NOT NULL,
        base_commit text NOT NULL,
        head_commit text NOT NULL,
        merged boolean NOT NULL DEFAULT false,
        conflicts jsonb NOT NULL DEFAULT '[]',
        PRIMARY KEY (reconciliation_id, position),
        UNIQUE (reconciliation_id, change_id)
      )`);
    await queryRunner.query(`CREATE INDEX reconciliation_inputs_change ON reconciliation_inputs (change_id)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE reconciliation_inputs');
    await queryRunner.query('DROP TABLE reconciliations');
  }
}
