import type { MigrationInterface, QueryRunner } from 'typeorm';

/** By which forecast of review's a batch was split. */
export class Forecasts1700000000022 implements MigrationInterface {
  readonly name = 'Forecasts1700000000022';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE batches ADD COLUMN forecast_id uuid');
    await queryRunner.query(
      'CREATE INDEX batches_forecast_id ON batches (forecast_id, id) WHERE forecast_id IS NOT NULL',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX batches_forecast_id');
    await queryRunner.query('ALTER TABLE batches DROP COLUMN forecast_id');
  }
}
