import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was said at forges of open requests. */
export class ForgeRemarks1700000000037 implements MigrationInterface {
  readonly name = 'ForgeRemarks1700000000037';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE forge_remarks (
        repository_id uuid NOT NULL,
        request_number int NOT NULL,
        forge_id text NOT NULL,
        landing_id uuid NOT NULL REFERENCES landings (id),
        change_id uuid NOT NULL REFERENCES changes (id),
        principal text NOT NULL,
        comment_id uuid REFERENCES comments (id),
        verdict_id uuid REFERENCES verdicts (id),
        create_time timestamptz NOT NULL,
        PRIMARY KEY (repository_id, request_number, forge_id)
      )`);
    await queryRunner.query('CREATE INDEX forge_remarks_change ON forge_remarks (change_id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE forge_remarks');
  }
}
