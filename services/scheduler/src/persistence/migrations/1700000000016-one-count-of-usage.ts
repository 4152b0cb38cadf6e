import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a turn used is in the rows of its runs; the column reckoned it once more. */
export class OneCountOfUsage1700000000016 implements MigrationInterface {
  readonly name = 'OneCountOfUsage1700000000016';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE turns DROP COLUMN usage');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE turns ADD COLUMN usage jsonb');
  }
}
