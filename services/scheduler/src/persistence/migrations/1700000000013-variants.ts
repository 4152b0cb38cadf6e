import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which variant of its task an attempt is of, and what its agent is where it is not the task's. */
export class Variants1700000000013 implements MigrationInterface {
  readonly name = 'Variants1700000000013';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE tasks
        ADD COLUMN variants jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN variant_prompts jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN early_stop boolean NOT NULL DEFAULT FALSE`);
    await queryRunner.query(`
      ALTER TABLE attempts
        ADD COLUMN variant text NOT NULL DEFAULT '',
        ADD COLUMN agent jsonb`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE attempts DROP COLUMN variant, DROP COLUMN agent');
    await queryRunner.query(
      'ALTER TABLE tasks DROP COLUMN variants, DROP COLUMN variant_prompts, DROP COLUMN early_stop',
    );
  }
}
