import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How a repository's resource files are made anew, and the rungs of the ladder of each reconciliation. */
export class Regeneration1700000000034 implements MigrationInterface {
  readonly name = 'Regeneration1700000000034';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE review_policies ADD COLUMN regeneration jsonb NOT NULL DEFAULT '[]'`);
    // Of what was begun before, the next rung is the agent.
    await queryRunner.query(`
      ALTER TABLE reconciliations
        ADD COLUMN rungs jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN rung int NOT NULL DEFAULT 0`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE reconciliations DROP COLUMN rungs, DROP COLUMN rung');
    await queryRunner.query('ALTER TABLE review_policies DROP COLUMN regeneration');
  }
}
