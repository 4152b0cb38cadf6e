import type { MigrationInterface, QueryRunner } from 'typeorm';

/** With whose checks the sandbox of a landing tests, and how many of the landings before count. */
export class ChecksOfTips1700000000025 implements MigrationInterface {
  readonly name = 'ChecksOfTips1700000000025';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE landing_queues ADD COLUMN landed_checks int NOT NULL DEFAULT 50');
    await queryRunner.query('ALTER TABLE landings ADD COLUMN checks_of uuid[], ADD COLUMN test int NOT NULL DEFAULT 0');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE landings DROP COLUMN checks_of, DROP COLUMN test');
    await queryRunner.query('ALTER TABLE landing_queues DROP COLUMN landed_checks');
  }
}
