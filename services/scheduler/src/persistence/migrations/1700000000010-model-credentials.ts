import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What agents reach their models by, which attempts use it, and whether they have been let begin. */
export class ModelCredentials1700000000010 implements MigrationInterface {
  readonly name = 'ModelCredentials1700000000010';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE credentials (
        id uuid PRIMARY KEY,
        name text NOT NULL UNIQUE,
        kind text NOT NULL,
        provider text NOT NULL,
        base_url text NOT NULL,
        max_concurrent_attempts int NOT NULL,
        key_id text NOT NULL,
        wrapped_key bytea NOT NULL,
        nonce bytea NOT NULL,
        tag bytea NOT NULL,
        ciphertext bytea NOT NULL,
        cooldown_end_time timestamptz,
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        revision bigint NOT NULL
      )`);
    // What has ended does not keep a credential; the task goes on saying which it was.
    await queryRunner.query(`
      ALTER TABLE attempts
        ADD COLUMN credential_id uuid REFERENCES credentials (id) ON DELETE SET NULL,
        ADD COLUMN admit_time timestamptz,
        ADD COLUMN retry_time timestamptz`);
    await queryRunner.query(
      'CREATE INDEX attempts_of_credentials ON attempts (credential_id) WHERE credential_id IS NOT NULL AND end_time IS NULL',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER TABLE attempts DROP COLUMN credential_id, DROP COLUMN admit_time, DROP COLUMN retry_time',
    );
    await queryRunner.query('DROP TABLE credentials');
  }
}
