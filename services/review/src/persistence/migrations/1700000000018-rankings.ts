import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which tasks had their siblings' tests asked for, and what people picked. */
export class Rankings1700000000018 implements MigrationInterface {
  readonly name = 'Rankings1700000000018';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE ranked_tasks (
        task_id uuid PRIMARY KEY,
        heads text NOT NULL
      )`);
    await queryRunner.query(`
      CREATE TABLE selections (
        id uuid PRIMARY KEY,
        task_id uuid NOT NULL,
        repository_id uuid NOT NULL,
        attempt_id uuid NOT NULL,
        head_commit text NOT NULL,
        principal text NOT NULL,
        comment text NOT NULL,
        rank int NOT NULL,
        outcome text NOT NULL,
        select_time timestamptz NOT NULL
      )`);
    await queryRunner.query('CREATE INDEX selections_task ON selections (task_id, id)');
    await queryRunner.query('CREATE INDEX selections_repository ON selections (repository_id, task_id, id)');
    await queryRunner.query('CREATE INDEX changes_task_id ON changes (task_id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX changes_task_id');
    await queryRunner.query('DROP TABLE selections');
    await queryRunner.query('DROP TABLE ranked_tasks');
  }
}
