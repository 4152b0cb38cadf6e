import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which versions of the agents' programs operators want, and what each runner has of them. */
export class AgentTools1700000000006 implements MigrationInterface {
  readonly name = 'AgentTools1700000000006';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE agent_tools (
        kind text NOT NULL,
        version text NOT NULL,
        number int NOT NULL,
        create_time timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (kind, version)
      )`);
    await queryRunner.query(`ALTER TABLE runners ADD COLUMN agent_tools jsonb NOT NULL DEFAULT '[]'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE runners DROP COLUMN agent_tools');
    await queryRunner.query('DROP TABLE agent_tools');
  }
}
