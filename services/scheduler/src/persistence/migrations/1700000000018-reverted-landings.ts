import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which landing took back what an attempt's landing had brought. */
export class RevertedLandings1700000000018 implements MigrationInterface {
  readonly name = 'RevertedLandings1700000000018';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE attempts ADD COLUMN reverted_by_landing_id uuid');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE attempts DROP COLUMN reverted_by_landing_id');
  }
}
