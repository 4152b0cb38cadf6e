import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What planned tasks were expected to have in common. */
export class Forecasts1700000000023 implements MigrationInterface {
  readonly name = 'Forecasts1700000000023';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE forecasts (
        id uuid PRIMARY KEY,
        repository_id uuid NOT NULL REFERENCES repositories (id),
        ref text NOT NULL,
        base_commit text NOT NULL,
        tasks jsonb NOT NULL,
        pairs jsonb NOT NULL,
        complete boolean NOT NULL,
        principal text NOT NULL,
        batch_id uuid,
        settled_levels jsonb,
        create_time timestamptz NOT NULL
      )`);
    await queryRunner.query('CREATE INDEX forecasts_repository ON forecasts (repository_id, id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE forecasts');
  }
}
