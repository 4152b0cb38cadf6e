import type { MigrationInterface, QueryRunner } from 'typeorm';

/** By which credential a repository's remote and its forge are spoken to. */
export class GitCredentials1700000000028 implements MigrationInterface {
  readonly name = 'GitCredentials1700000000028';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE repositories ADD COLUMN credential_id uuid REFERENCES credentials (id)');
    await queryRunner.query(
      'CREATE INDEX repositories_of_credentials ON repositories (credential_id) WHERE credential_id IS NOT NULL',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE repositories DROP COLUMN credential_id');
    await queryRunner.query(`DELETE FROM credentials WHERE kind = 'GIT'`);
  }
}
