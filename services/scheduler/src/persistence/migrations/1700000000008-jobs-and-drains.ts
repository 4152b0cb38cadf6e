import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Long work that has no resource of its own, and runners that an operator wants to take nothing new. */
export class JobsAndDrains1700000000008 implements MigrationInterface {
  readonly name = 'JobsAndDrains1700000000008';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE jobs (
        id uuid PRIMARY KEY,
        kind text NOT NULL,
        state text NOT NULL,
        status_detail text NOT NULL DEFAULT '',
        status_message text NOT NULL DEFAULT '',
        state_since timestamptz NOT NULL DEFAULT now(),
        environment_id uuid NOT NULL,
        environment_version int NOT NULL,
        repository_id uuid NOT NULL REFERENCES repositories (id),
        ref text NOT NULL,
        source_branch text NOT NULL DEFAULT '',
        commit text NOT NULL,
        run_checks boolean NOT NULL,
        transition int NOT NULL DEFAULT 0,
        fence bigint NOT NULL DEFAULT 0,
        restart_count int NOT NULL DEFAULT 0,
        stop_requested text,
        runner_id text,
        facts jsonb NOT NULL DEFAULT '{}',
        principal text NOT NULL,
        traceparent text NOT NULL DEFAULT '',
        create_time timestamptz NOT NULL DEFAULT now(),
        start_time timestamptz,
        end_time timestamptz,
        revision bigint NOT NULL DEFAULT 1,
        dispatched_at timestamptz,
        FOREIGN KEY (environment_id, environment_version) REFERENCES environment_versions (environment_id, version)
      )`);
    await queryRunner.query('CREATE INDEX jobs_by_environment ON jobs (environment_id, id DESC)');
    await queryRunner.query(
      `CREATE INDEX jobs_live ON jobs (id) WHERE state NOT IN ('SUCCEEDED', 'FAILED', 'CANCELLED')`,
    );
    await queryRunner.query('ALTER TABLE runners ADD COLUMN drain_time timestamptz');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE runners DROP COLUMN drain_time');
    await queryRunner.query('DROP TABLE jobs');
  }
}
