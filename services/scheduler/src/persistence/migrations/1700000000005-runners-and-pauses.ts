import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether a runner takes work, and why it does not; whether somebody wants an attempt to pause. */
export class RunnersAndPauses1700000000005 implements MigrationInterface {
  readonly name = 'RunnersAndPauses1700000000005';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE runners
        ADD COLUMN state text NOT NULL DEFAULT 'ACTIVE',
        ADD COLUMN failed_probes jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN file_system text NOT NULL DEFAULT ''`);
    await queryRunner.query('ALTER TABLE attempts ADD COLUMN pause_wanted boolean NOT NULL DEFAULT false');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE attempts DROP COLUMN pause_wanted');
    await queryRunner.query(
      'ALTER TABLE runners DROP COLUMN state, DROP COLUMN failed_probes, DROP COLUMN file_system',
    );
  }
}
