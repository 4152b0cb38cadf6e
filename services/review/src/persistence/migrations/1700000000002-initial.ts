import { createOutboxTables, dropOutboxTables } from '@heddle/platform/outbox';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['landings', 'overlap_pairs', 'verdicts', 'changes', 'checkpoints', 'attempts', 'repositories'];

export class Initial1700000000002 implements MigrationInterface {
  readonly name = 'Initial1700000000002';

  async up(queryRunner: QueryRunner): Promise<void> {
    await createOutboxTables(queryRunner);
    await queryRunner.query(`
      CREATE TABLE repositories (
        id uuid PRIMARY KEY,
        url text NOT NULL,
        default_branch text NOT NULL,
        object_format text NOT NULL,
        create_time timestamptz NOT NULL DEFAULT now(),
        sync_time timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(`
      CREATE TABLE attempts (
        id uuid PRIMARY KEY,
        repository_id uuid NOT NULL REFERENCES repositories (id),
        fence bigint NOT NULL
      )`);
    // A row without stored_at says that the ref may be there and its consequences not yet drawn.
    await queryRunner.query(`
      CREATE TABLE checkpoints (
        attempt_id uuid NOT NULL,
        fence bigint NOT NULL,
        number int NOT NULL,
        commit text NOT NULL,
        tree_id text NOT NULL,
        ref text,
        header bytea NOT NULL,
        create_time timestamptz NOT NULL DEFAULT now(),
        stored_at timestamptz,
        PRIMARY KEY (attempt_id, fence, number)
      )`);
    await queryRunner.query(`CREATE INDEX checkpoints_open ON checkpoints (create_time) WHERE stored_at IS NULL`);
    await queryRunner.query(`
      CREATE TABLE changes (
        id uuid PRIMARY KEY,
        attempt_id uuid NOT NULL UNIQUE,
        task_id uuid NOT NULL,
        batch_id uuid NOT NULL,
        repository_id uuid NOT NULL REFERENCES repositories (id),
        attempt_number int NOT NULL,
        title text NOT NULL,
        source_branch text NOT NULL,
        base_commit text NOT NULL,
        head_commit text NOT NULL,
        tree_id text NOT NULL,
        ref text NOT NULL,
        fence bigint NOT NULL,
        checkpoint_number int NOT NULL,
        partial boolean NOT NULL,
        empty boolean NOT NULL,
        review_state text NOT NULL,
        file_count int NOT NULL,
        additions int NOT NULL,
        deletions int NOT NULL,
        notices jsonb NOT NULL,
        checks jsonb NOT NULL DEFAULT '[]',
        evidence_final boolean NOT NULL DEFAULT false,
        traceparent text NOT NULL,
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        revision bigint NOT NULL
      )`);
    await queryRunner.query(`CREATE INDEX changes_batch ON changes (batch_id)`);
    await queryRunner.query(`CREATE INDEX changes_repository ON changes (repository_id)`);
    await queryRunner.query(`CREATE INDEX changes_updated ON changes (update_time)`);
    await queryRunner.query(`CREATE INDEX changes_evidence ON changes (create_time) WHERE NOT evidence_final`);
    await queryRunner.query(`
      CREATE TABLE verdicts (
        id uuid PRIMARY KEY,
        change_id uuid NOT NULL REFERENCES changes (id),
        decision text NOT NULL,
        head_commit text NOT NULL,
        reason_class text NOT NULL,
        comment text NOT NULL,
        principal text NOT NULL,
        create_time timestamptz NOT NULL
      )`);
    await queryRunner.query(`CREATE INDEX verdicts_change ON verdicts (change_id)`);
    await queryRunner.query(`
      CREATE TABLE overlap_pairs (
        id uuid PRIMARY KEY,
        batch_id uuid NOT NULL,
        change_a uuid NOT NULL REFERENCES changes (id),
        change_b uuid NOT NULL REFERENCES changes (id),
        attempt_a uuid NOT NULL,
        attempt_b uuid NOT NULL,
        head_a text NOT NULL,
        head_b text NOT NULL,
        level text NOT NULL,
        rank int NOT NULL,
        duplicate boolean NOT NULL,
        paths jsonb NOT NULL,
        evidence jsonb NOT NULL,
        compute_time timestamptz NOT NULL,
        revision bigint NOT NULL,
        UNIQUE (change_a, change_b),
        CHECK (change_a < change_b)
      )`);
    await queryRunner.query(`CREATE INDEX overlap_pairs_batch ON overlap_pairs (batch_id, rank DESC, id)`);
    await queryRunner.query(`CREATE INDEX overlap_pairs_b ON overlap_pairs (change_b)`);
    await queryRunner.query(`
      CREATE TABLE landings (
        id uuid PRIMARY KEY,
        change_id uuid NOT NULL REFERENCES changes (id),
        attempt_id uuid NOT NULL,
        task_id uuid NOT NULL,
        batch_id uuid NOT NULL,
        repository_id uuid NOT NULL REFERENCES repositories (id),
        branch text NOT NULL,
        head_commit text NOT NULL,
        base_commit text NOT NULL,
        title text NOT NULL,
        spec bytea NOT NULL,
        position bigserial NOT NULL,
        state text NOT NULL,
        state_since timestamptz NOT NULL,
        reason text NOT NULL DEFAULT '',
        message text NOT NULL DEFAULT '',
        conflict_paths jsonb NOT NULL DEFAULT '[]',
        checks jsonb NOT NULL DEFAULT '[]',
        fence bigint NOT NULL DEFAULT 0,
        candidate text,
        commit text,
        expected_old text,
        push_head text,
        traceparent text NOT NULL,
        create_time timestamptz NOT NULL,
        end_time timestamptz,
        revision bigint NOT NULL,
        dispatched_at timestamptz
      )`);
    await queryRunner.query(
      `CREATE INDEX landings_queue ON landings (repository_id, branch, position) WHERE state IN ('QUEUED', 'TESTING', 'PUSHING')`,
    );
    await queryRunner.query(
      `CREATE INDEX landings_untold ON landings (repository_id, branch) WHERE dispatched_at IS NULL`,
    );
    await queryRunner.query(`CREATE INDEX landings_batch ON landings (batch_id)`);
    // A change is on its way into a branch once, and lands there once.
    await queryRunner.query(
      `CREATE UNIQUE INDEX landings_live ON landings (change_id, branch) WHERE state IN ('QUEUED', 'TESTING', 'PUSHING', 'PROPOSED', 'LANDED')`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of TABLES) await queryRunner.query(`DROP TABLE ${table}`);
    await dropOutboxTables(queryRunner);
  }
}
