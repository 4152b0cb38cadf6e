import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Runs of checks over trees that are nobody's change. */
export class Trials1700000000008 implements MigrationInterface {
  readonly name = 'Trials1700000000008';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE trials (
        id uuid PRIMARY KEY,
        kind text NOT NULL,
        key text NOT NULL UNIQUE,
        repository_id uuid NOT NULL REFERENCES repositories (id),
        batch_id uuid,
        task_id uuid,
        base_commit text NOT NULL,
        commit text NOT NULL,
        environment_version int NOT NULL,
        spec bytea NOT NULL,
        priority int NOT NULL,
        state text NOT NULL,
        state_since timestamptz NOT NULL,
        cancel_requested boolean NOT NULL,
        reason text NOT NULL,
        message text NOT NULL,
        results jsonb NOT NULL,
        fence bigint NOT NULL,
        traceparent text NOT NULL,
        create_time timestamptz NOT NULL,
        start_time timestamptz,
        end_time timestamptz,
        dispatched_at timestamptz
      )`);
    await queryRunner.query('CREATE INDEX trials_untold ON trials (priority, id) WHERE dispatched_at IS NULL');
    await queryRunner.query('CREATE INDEX trials_open ON trials (state_since) WHERE end_time IS NULL');
    await queryRunner.query('CREATE INDEX trials_task ON trials (task_id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE trials');
  }
}
