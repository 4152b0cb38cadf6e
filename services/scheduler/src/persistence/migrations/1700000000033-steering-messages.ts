import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Messages that are for the turn that runs, where that still takes them. */
export class SteeringMessages1700000000033 implements MigrationInterface {
  readonly name = 'SteeringMessages1700000000033';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE turns ADD COLUMN steers boolean NOT NULL DEFAULT false');
    await queryRunner.query(
      `CREATE INDEX turns_steering ON turns (attempt_id, turn) WHERE steers AND state = 'QUEUED'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE turns DROP COLUMN steers');
  }
}
