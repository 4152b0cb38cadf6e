import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What remotes and their forges are shown. */
export class GitCredentials1700000000028 implements MigrationInterface {
  readonly name = 'GitCredentials1700000000028';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE repositories ADD COLUMN credential_id uuid');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE repositories DROP COLUMN credential_id');
  }
}
