import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which landing `landing_state` tells of: a change that was ejected may be landed again. */
export class LandingOfAttempt1700000000003 implements MigrationInterface {
  readonly name = 'LandingOfAttempt1700000000003';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE attempts ADD COLUMN landing_id uuid');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE attempts DROP COLUMN landing_id');
  }
}
