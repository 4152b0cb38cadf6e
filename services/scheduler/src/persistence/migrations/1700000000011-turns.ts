import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The turns of attempts: what each was asked, what came of it, and where the next one goes on. */
export class Turns1700000000011 implements MigrationInterface {
  readonly name = 'Turns1700000000011';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE turns (
        attempt_id uuid NOT NULL REFERENCES attempts (id),
        turn int NOT NULL,
        state text NOT NULL DEFAULT 'QUEUED',
        status_detail text NOT NULL DEFAULT '',
        message text NOT NULL DEFAULT '',
        principal text NOT NULL DEFAULT '',
        verdict_id uuid UNIQUE,
        conversation text NOT NULL DEFAULT '',
        checkpoint jsonb,
        report jsonb,
        usage jsonb,
        create_time timestamptz NOT NULL DEFAULT now(),
        start_time timestamptz,
        end_time timestamptz,
        PRIMARY KEY (attempt_id, turn)
      )`);
    await queryRunner.query(`
      INSERT INTO turns (attempt_id, turn, state, status_detail, principal, report, usage, create_time, start_time, end_time)
      SELECT a.id, a.turn,
        CASE WHEN a.state = 'QUEUED' THEN 'QUEUED' WHEN a.end_time IS NULL THEN 'RUNNING' ELSE a.state END,
        CASE WHEN a.end_time IS NULL THEN '' ELSE a.status_detail END,
        b.principal, a.agent_report, a.agent_report -> 'usage', a.create_time, a.start_time, a.end_time
      FROM attempts AS a JOIN batches AS b ON b.id = a.batch_id`);
    // The turn that somebody wants interrupted.
    await queryRunner.query('ALTER TABLE attempts ADD COLUMN interrupt_turn int');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE attempts DROP COLUMN interrupt_turn');
    await queryRunner.query('DROP TABLE turns');
  }
}
