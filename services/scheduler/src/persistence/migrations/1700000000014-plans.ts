import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What agents would do, and what of it was approved. */
export class Plans1700000000014 implements MigrationInterface {
  readonly name = 'Plans1700000000014';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE attempt_plans (
        attempt_id uuid NOT NULL REFERENCES attempts (id),
        version int NOT NULL,
        text text NOT NULL,
        create_time timestamptz NOT NULL,
        approve_time timestamptz,
        approver text,
        approved_text text,
        PRIMARY KEY (attempt_id, version)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE attempt_plans');
  }
}
