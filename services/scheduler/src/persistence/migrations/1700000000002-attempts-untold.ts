import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The dispatcher looks for them once a second, among all attempts that there ever were. */
export class AttemptsUntold1700000000002 implements MigrationInterface {
  readonly name = 'AttemptsUntold1700000000002';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE INDEX attempts_untold ON attempts (batch_id, id)
       WHERE dispatched_at IS NULL AND state NOT IN ('COMPLETED', 'FAILED', 'TIMED_OUT', 'CANCELLED')`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX attempts_untold');
  }
}
