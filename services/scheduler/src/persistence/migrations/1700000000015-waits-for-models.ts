import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How long requests to models waited for their turn, and what they were answered. */
export class WaitsForModels1700000000015 implements MigrationInterface {
  readonly name = 'WaitsForModels1700000000015';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER TABLE egress_requests ADD COLUMN wait_ms bigint NOT NULL DEFAULT 0, ADD COLUMN status int NOT NULL DEFAULT 0',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE egress_requests DROP COLUMN wait_ms, DROP COLUMN status');
  }
}
