import type { MigrationInterface, QueryRunner } from 'typeorm';

const LIVE = `state IN ('QUEUED', 'TESTING', 'PUSHING', 'PROPOSED', 'LANDED')`;

/** Queues as a resource with settings; how a landing lands, in which order, with whom it did not get on, and what took it back. */
export class LandingQueues1700000000005 implements MigrationInterface {
  readonly name = 'LandingQueues1700000000005';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE landing_queues (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        repository_id uuid NOT NULL REFERENCES repositories (id),
        branch text NOT NULL,
        state text NOT NULL DEFAULT 'ACTIVE',
        message text NOT NULL DEFAULT '',
        paused_by text NOT NULL DEFAULT '',
        red_tip text,
        window_max int NOT NULL DEFAULT 16,
        batch_max int NOT NULL DEFAULT 1,
        retry_flakes boolean NOT NULL DEFAULT true,
        style text NOT NULL DEFAULT 'MERGE',
        return_to_author boolean NOT NULL DEFAULT false,
        rounds_max int NOT NULL DEFAULT 3,
        create_time timestamptz NOT NULL DEFAULT now(),
        update_time timestamptz NOT NULL DEFAULT now(),
        revision bigint NOT NULL DEFAULT 1,
        UNIQUE (repository_id, branch)
      )`);
    await queryRunner.query(
      `INSERT INTO landing_queues (repository_id, branch) SELECT DISTINCT repository_id, branch FROM landings`,
    );
    await queryRunner.query(`
      ALTER TABLE landings
        ADD COLUMN queue_id uuid REFERENCES landing_queues (id),
        ADD COLUMN style text NOT NULL DEFAULT 'MERGE',
        ADD COLUMN priority int NOT NULL DEFAULT 3,
        ADD COLUMN onto text,
        ADD COLUMN probe text,
        ADD COLUMN partner_id uuid REFERENCES landings (id),
        ADD COLUMN reverts_id uuid REFERENCES landings (id),
        ADD COLUMN reverted_by_id uuid REFERENCES landings (id)`);
    await queryRunner.query(
      `UPDATE landings l SET queue_id = q.id FROM landing_queues q WHERE q.repository_id = l.repository_id AND q.branch = l.branch`,
    );
    await queryRunner.query(`ALTER TABLE landings ALTER COLUMN queue_id SET NOT NULL`);
    await queryRunner.query(`CREATE INDEX landings_of_queue ON landings (queue_id, end_time)`);
    await queryRunner.query(`DROP INDEX landings_live`);
    // What was taken back may land again.
    await queryRunner.query(
      `CREATE UNIQUE INDEX landings_live ON landings (change_id, branch)
       WHERE ${LIVE} AND reverts_id IS NULL AND reverted_by_id IS NULL`,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX landings_live_reverts ON landings (reverts_id) WHERE ${LIVE} AND reverts_id IS NOT NULL`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX landings_live_reverts`);
    await queryRunner.query(`DROP INDEX landings_live`);
    await queryRunner.query(`DELETE FROM landings WHERE reverts_id IS NOT NULL`);
    await queryRunner.query(
      `DELETE FROM landings l WHERE state = 'LANDED' AND EXISTS (SELECT 1 FROM landings o WHERE o.change_id = l.change_id
       AND o.branch = l.branch AND o.id > l.id AND o.state IN ('QUEUED', 'TESTING', 'PUSHING', 'PROPOSED', 'LANDED'))`,
    );
    await queryRunner.query(`
      ALTER TABLE landings
        DROP COLUMN queue_id, DROP COLUMN style, DROP COLUMN priority, DROP COLUMN onto, DROP COLUMN probe,
        DROP COLUMN partner_id, DROP COLUMN reverts_id, DROP COLUMN reverted_by_id`);
    await queryRunner.query(`DROP TABLE landing_queues`);
    await queryRunner.query(`CREATE UNIQUE INDEX landings_live ON landings (change_id, branch) WHERE ${LIVE}`);
  }
}
