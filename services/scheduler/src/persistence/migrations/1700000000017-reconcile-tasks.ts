import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tasks whose work begins with more than the base: with what of several changes merged. */
export class ReconcileTasks1700000000017 implements MigrationInterface {
  readonly name = 'ReconcileTasks1700000000017';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tasks ADD start_commit text NOT NULL DEFAULT ''`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE tasks DROP start_commit');
  }
}
