import { createOutboxTables, dropOutboxTables } from '@heddle/platform/outbox';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Initial1700000000001 implements MigrationInterface {
  readonly name = 'Initial1700000000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await createOutboxTables(queryRunner);
    await queryRunner.query(`
      CREATE TABLE repositories (
        id uuid PRIMARY KEY,
        name text NOT NULL UNIQUE,
        url text NOT NULL,
        state text NOT NULL,
        default_branch text,
        default_environment_id uuid NOT NULL,
        status_detail text NOT NULL DEFAULT '',
        status_message text NOT NULL DEFAULT '',
        create_time timestamptz NOT NULL DEFAULT now(),
        sync_time timestamptz,
        revision bigint NOT NULL DEFAULT 1
      )`);
    await queryRunner.query(`
      CREATE TABLE environments (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        latest_version int NOT NULL DEFAULT 1,
        revision bigint NOT NULL DEFAULT 1,
        create_time timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(`
      CREATE TABLE environment_versions (
        environment_id uuid NOT NULL REFERENCES environments (id),
        version int NOT NULL,
        variables jsonb NOT NULL DEFAULT '{}',
        limits jsonb,
        checks jsonb NOT NULL DEFAULT '[]',
        agent jsonb,
        create_time timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (environment_id, version)
      )`);
    await queryRunner.query(`
      CREATE TABLE batches (
        id uuid PRIMARY KEY,
        repository_id uuid NOT NULL REFERENCES repositories (id),
        ref text NOT NULL,
        source_branch text NOT NULL DEFAULT '',
        base_commit text NOT NULL,
        environment_id uuid NOT NULL,
        environment_version int NOT NULL,
        brief text NOT NULL DEFAULT '',
        labels jsonb NOT NULL DEFAULT '{}',
        priority int NOT NULL,
        principal text NOT NULL,
        traceparent text NOT NULL DEFAULT '',
        create_time timestamptz NOT NULL DEFAULT now(),
        end_time timestamptz,
        revision bigint NOT NULL DEFAULT 1,
        FOREIGN KEY (environment_id, environment_version) REFERENCES environment_versions (environment_id, version)
      )`);
    await queryRunner.query('CREATE INDEX batches_newest ON batches (id DESC)');
    await queryRunner.query('CREATE INDEX batches_by_repository ON batches (repository_id, id DESC)');
    await queryRunner.query(`
      CREATE TABLE tasks (
        id uuid PRIMARY KEY,
        batch_id uuid NOT NULL REFERENCES batches (id),
        repository_id uuid NOT NULL,
        position int NOT NULL,
        title text NOT NULL,
        prompt text NOT NULL,
        mode text NOT NULL,
        agent jsonb NOT NULL,
        checks jsonb NOT NULL,
        acceptance jsonb NOT NULL DEFAULT '[]',
        declared_paths jsonb NOT NULL DEFAULT '[]',
        create_time timestamptz NOT NULL DEFAULT now(),
        end_time timestamptz,
        revision bigint NOT NULL DEFAULT 1
      )`);
    await queryRunner.query('CREATE INDEX tasks_by_batch ON tasks (batch_id, position)');
    await queryRunner.query('CREATE INDEX tasks_by_repository ON tasks (repository_id, id DESC)');
    await queryRunner.query(`
      CREATE TABLE attempts (
        id uuid PRIMARY KEY,
        task_id uuid NOT NULL REFERENCES tasks (id),
        batch_id uuid NOT NULL REFERENCES batches (id),
        repository_id uuid NOT NULL,
        attempt_number int NOT NULL,
        state text NOT NULL,
        status_detail text NOT NULL DEFAULT '',
        status_message text NOT NULL DEFAULT '',
        state_since timestamptz NOT NULL DEFAULT now(),
        turn int NOT NULL DEFAULT 1,
        transition int NOT NULL DEFAULT 0,
        fence bigint NOT NULL DEFAULT 0,
        restart_count int NOT NULL DEFAULT 0,
        stop_requested text,
        runner_id text,
        exit_code int,
        sandbox jsonb,
        change_id uuid,
        review_state text NOT NULL DEFAULT 'PENDING',
        landing_state text NOT NULL DEFAULT 'NONE',
        create_time timestamptz NOT NULL DEFAULT now(),
        start_time timestamptz,
        end_time timestamptz,
        revision bigint NOT NULL DEFAULT 1,
        dispatched_at timestamptz,
        UNIQUE (task_id, attempt_number)
      )`);
    await queryRunner.query('CREATE INDEX attempts_by_batch ON attempts (batch_id)');
    await queryRunner.query(
      `CREATE INDEX attempts_live ON attempts (id) WHERE state NOT IN ('COMPLETED', 'FAILED', 'TIMED_OUT', 'CANCELLED')`,
    );
    await queryRunner.query(`
      CREATE TABLE check_results (
        attempt_id uuid NOT NULL REFERENCES attempts (id),
        turn int NOT NULL,
        position int NOT NULL,
        result jsonb NOT NULL,
        PRIMARY KEY (attempt_id, turn, position)
      )`);
    await queryRunner.query(`
      CREATE TABLE runners (
        id text PRIMARY KEY,
        pool text NOT NULL,
        slots int NOT NULL,
        used int NOT NULL,
        version text NOT NULL,
        driver text NOT NULL,
        boundary text NOT NULL,
        missing jsonb NOT NULL,
        first_seen timestamptz NOT NULL DEFAULT now(),
        last_seen timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of [
      'runners',
      'check_results',
      'attempts',
      'tasks',
      'batches',
      'environment_versions',
      'environments',
      'repositories',
    ]) {
      await queryRunner.query(`DROP TABLE ${table}`);
    }
    await dropOutboxTables(queryRunner);
  }
}
