import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Why a reconciliation did not try a rung of its ladder. */
export class ReconciliationNotes1700000000035 implements MigrationInterface {
  readonly name = 'ReconciliationNotes1700000000035';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE reconciliations ADD COLUMN notes jsonb NOT NULL DEFAULT '[]'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE reconciliations DROP COLUMN notes');
  }
}
