import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an environment says beyond commands, its secrets, what a sandbox asked of the network and what it used. */
export class EnvironmentsInFull1700000000004 implements MigrationInterface {
  readonly name = 'EnvironmentsInFull1700000000004';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE environments ADD COLUMN cache_epoch bigint NOT NULL DEFAULT 0');
    await queryRunner.query(`
      ALTER TABLE environment_versions
        ADD COLUMN setup jsonb,
        ADD COLUMN maintenance text NOT NULL DEFAULT '',
        ADD COLUMN network jsonb,
        ADD COLUMN rootfs jsonb,
        ADD COLUMN driver text NOT NULL DEFAULT '',
        ADD COLUMN keep_duration jsonb`);
    await queryRunner.query(`
      ALTER TABLE attempts
        ADD COLUMN usage jsonb,
        ADD COLUMN pause_time timestamptz,
        ADD COLUMN keep_until_time timestamptz`);
    await queryRunner.query(`
      CREATE TABLE environment_secrets (
        environment_id uuid NOT NULL REFERENCES environments (id),
        name text NOT NULL,
        kind text NOT NULL,
        hosts jsonb NOT NULL DEFAULT '[]',
        methods jsonb NOT NULL DEFAULT '[]',
        path_prefix text NOT NULL DEFAULT '',
        header text NOT NULL DEFAULT '',
        format text NOT NULL DEFAULT '',
        key_id text NOT NULL,
        wrapped_key bytea NOT NULL,
        nonce bytea NOT NULL,
        tag bytea NOT NULL,
        ciphertext bytea NOT NULL,
        create_time timestamptz NOT NULL DEFAULT now(),
        update_time timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (environment_id, name)
      )`);
    await queryRunner.query(`
      CREATE TABLE egress_requests (
        attempt_id uuid NOT NULL REFERENCES attempts (id),
        sequence bigint NOT NULL,
        fence bigint NOT NULL,
        record bigint NOT NULL,
        time timestamptz NOT NULL,
        phase text NOT NULL,
        host text NOT NULL,
        port int NOT NULL,
        method text NOT NULL,
        path text NOT NULL,
        verdict text NOT NULL,
        reason text NOT NULL,
        suggestion jsonb,
        bytes_sent bigint NOT NULL,
        bytes_received bigint NOT NULL,
        duration_ms bigint NOT NULL,
        PRIMARY KEY (attempt_id, sequence),
        UNIQUE (attempt_id, fence, record)
      )`);
    await queryRunner.query(
      `CREATE INDEX egress_refused_hosts ON egress_requests (attempt_id, host) WHERE verdict = 'REFUSED'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE egress_requests');
    await queryRunner.query('DROP TABLE environment_secrets');
    await queryRunner.query(
      'ALTER TABLE attempts DROP COLUMN usage, DROP COLUMN pause_time, DROP COLUMN keep_until_time',
    );
    await queryRunner.query(`
      ALTER TABLE environment_versions
        DROP COLUMN setup, DROP COLUMN maintenance, DROP COLUMN network, DROP COLUMN rootfs, DROP COLUMN driver,
        DROP COLUMN keep_duration`);
    await queryRunner.query('ALTER TABLE environments DROP COLUMN cache_epoch');
  }
}
