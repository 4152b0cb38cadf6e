import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What agents are doing now, for lists. */
export class ActivitySummaries1700000000026 implements MigrationInterface {
  readonly name = 'ActivitySummaries1700000000026';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE attempts ADD COLUMN activity_summary text NOT NULL DEFAULT ''`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE attempts DROP COLUMN activity_summary');
  }
}
