import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is one for the whole of a repository by its own rules. */
export class ResourceRules1700000000033 implements MigrationInterface {
  readonly name = 'ResourceRules1700000000033';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE resource_rules (
        repository_id uuid PRIMARY KEY REFERENCES repositories (id),
        rules jsonb NOT NULL,
        update_time timestamptz NOT NULL,
        revision bigint NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE resource_rules');
  }
}
