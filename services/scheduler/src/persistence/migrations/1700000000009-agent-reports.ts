import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What agents said at the ends of their turns. */
export class AgentReports1700000000009 implements MigrationInterface {
  readonly name = 'AgentReports1700000000009';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE attempts ADD COLUMN agent_report jsonb');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE attempts DROP COLUMN agent_report');
  }
}
