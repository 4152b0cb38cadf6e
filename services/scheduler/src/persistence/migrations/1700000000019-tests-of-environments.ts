import type { MigrationInterface, QueryRunner } from 'typeorm';

const COLUMNS = ['test_files', 'test_command', 'test_load_command', 'forbidden_paths'];

/** What an environment says of its repository's tests, and of the files that attempts leave alone. */
export class TestsOfEnvironments1700000000019 implements MigrationInterface {
  readonly name = 'TestsOfEnvironments1700000000019';

  async up(queryRunner: QueryRunner): Promise<void> {
    const added = COLUMNS.map((column) => `ADD COLUMN ${column} jsonb NOT NULL DEFAULT '[]'`);
    await queryRunner.query(`ALTER TABLE environment_versions ${added.join(', ')}`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const dropped = COLUMNS.map((column) => `DROP COLUMN ${column}`);
    await queryRunner.query(`ALTER TABLE environment_versions ${dropped.join(', ')}`);
  }
}
