import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Deciding1700000000007 implements MigrationInterface {
  readonly name = 'Deciding1700000000007';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE review_policies (
        repository_id uuid PRIMARY KEY REFERENCES repositories (id),
        required_approvals int NOT NULL,
        self_approval boolean NOT NULL,
        code_owners boolean NOT NULL,
        owner_principals jsonb NOT NULL,
        require_criteria boolean NOT NULL,
        reviewers jsonb NOT NULL,
        backlog_limit_minutes int NOT NULL,
        update_time timestamptz NOT NULL,
        revision bigint NOT NULL
      )`);
    await queryRunner.query(`
      CREATE TABLE attestations (
        id uuid PRIMARY KEY,
        change_id uuid NOT NULL REFERENCES changes (id),
        criterion_id text NOT NULL,
        tree_id text NOT NULL,
        met boolean NOT NULL,
        comment text NOT NULL,
        principal text NOT NULL,
        create_time timestamptz NOT NULL
      )`);
    await queryRunner.query(`CREATE INDEX attestations_change ON attestations (change_id)`);
    // Absent of changes from before: the scheduler is asked, and the files are looked at, when they are next needed.
    await queryRunner.query(`
      ALTER TABLE changes
        ADD COLUMN task_facts jsonb,
        ADD COLUMN diff_facts jsonb,
        ADD COLUMN criteria_counts jsonb NOT NULL DEFAULT '{"MET": 0, "UNMET": 0, "UNPROVEN": 0}'`);
    await queryRunner.query(`CREATE INDEX changes_in_review ON changes (repository_id) WHERE review_state = 'PENDING'`);
    await queryRunner.query(`
      ALTER TABLE verdicts
        ADD COLUMN tree_id text NOT NULL DEFAULT '',
        ADD COLUMN held_head_commit text,
        ADD COLUMN dismissal jsonb,
        ADD COLUMN revision bigint NOT NULL DEFAULT 1`);
    // As they counted so far: the newest one of a change, as long as its head is the one that was seen.
    await queryRunner.query(`
      UPDATE verdicts AS v SET tree_id = c.tree_id, held_head_commit = v.head_commit FROM changes AS c
      WHERE c.id = v.change_id AND c.head_commit = v.head_commit
        AND v.id = (SELECT max(o.id::text)::uuid FROM verdicts AS o WHERE o.change_id = v.change_id)`);
    await queryRunner.query(`
      UPDATE verdicts SET dismissal = jsonb_build_object('reason', 'CONTENT_MOVED', 'message', '', 'principal', '', 'createTime', now())
      WHERE held_head_commit IS NULL`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER TABLE verdicts DROP COLUMN tree_id, DROP COLUMN held_head_commit, DROP COLUMN dismissal, DROP COLUMN revision',
    );
    await queryRunner.query(
      'ALTER TABLE changes DROP COLUMN task_facts, DROP COLUMN diff_facts, DROP COLUMN criteria_counts',
    );
    await queryRunner.query('DROP TABLE attestations');
    await queryRunner.query('DROP TABLE review_policies');
  }
}
