import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Landings by pull request. */
export class PullRequests1700000000021 implements MigrationInterface {
  readonly name = 'PullRequests1700000000021';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE landing_queues ADD COLUMN delivery text NOT NULL DEFAULT 'PUSH'`);
    await queryRunner.query(`
      ALTER TABLE landings
        ADD COLUMN delivery text NOT NULL DEFAULT 'PUSH',
        ADD COLUMN pull_request jsonb,
        ADD COLUMN landed_commit text,
        ADD COLUMN checks_landed boolean NOT NULL DEFAULT false,
        ADD COLUMN look_time timestamptz`);
    await queryRunner.query('CREATE INDEX landings_to_check ON landings (id) WHERE checks_landed');
    await queryRunner.query(
      `CREATE INDEX landings_proposed ON landings (look_time NULLS FIRST) WHERE state = 'PROPOSED'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    // Nobody follows what is open then.
    await queryRunner.query(
      `UPDATE landings SET state = 'EJECTED', reason = 'PULL_REQUEST_CLOSED', end_time = now() WHERE state = 'PROPOSED'`,
    );
    await queryRunner.query(`
      ALTER TABLE landings
        DROP COLUMN delivery, DROP COLUMN pull_request, DROP COLUMN landed_commit,
        DROP COLUMN checks_landed, DROP COLUMN look_time`);
    await queryRunner.query('ALTER TABLE landing_queues DROP COLUMN delivery');
  }
}
