import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Pairs of changes whose checks run on both together, by the repository's policy. */
export class OverlapTests1700000000024 implements MigrationInterface {
  readonly name = 'OverlapTests1700000000024';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE review_policies ADD COLUMN overlap_tests int NOT NULL DEFAULT 0');
    await queryRunner.query(`
      ALTER TABLE overlap_pairs
        ADD COLUMN together text NOT NULL DEFAULT 'NOT_ASKED',
        ADD COLUMN trial_ids jsonb NOT NULL DEFAULT '[]'`);
    await queryRunner.query(`CREATE INDEX overlap_pairs_running ON overlap_pairs (id) WHERE together = 'RUNNING'`);
    await queryRunner.query(`CREATE INDEX trials_batch ON trials (batch_id) WHERE kind = 'OVERLAP'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX trials_batch');
    await queryRunner.query('DROP INDEX overlap_pairs_running');
    await queryRunner.query('ALTER TABLE overlap_pairs DROP COLUMN together, DROP COLUMN trial_ids');
    await queryRunner.query('ALTER TABLE review_policies DROP COLUMN overlap_tests');
  }
}
