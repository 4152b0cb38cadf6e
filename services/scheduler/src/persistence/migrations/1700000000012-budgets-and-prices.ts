import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What batches, tasks and attempts may use, what has been used, and what it costs. */
export class BudgetsAndPrices1700000000012 implements MigrationInterface {
  readonly name = 'BudgetsAndPrices1700000000012';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['batches', 'tasks', 'attempts'])
      await queryRunner.query(`ALTER TABLE ${table} ADD COLUMN budget jsonb, ADD COLUMN budget_warn_time timestamptz`);
    await queryRunner.query(`ALTER TABLE attempts ADD COLUMN stop_message text NOT NULL DEFAULT ''`);
    // A run without a name is the sandbox of the claim itself: it has the time, the others have the tokens.
    await queryRunner.query(`
      CREATE TABLE agent_runs (
        attempt_id uuid NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
        fence bigint NOT NULL,
        run text NOT NULL,
        task_id uuid NOT NULL,
        batch_id uuid NOT NULL,
        turn int NOT NULL,
        provider text NOT NULL,
        models jsonb NOT NULL,
        tokens bigint NOT NULL,
        told_tokens bigint NOT NULL,
        wall_ms bigint NOT NULL,
        begin_time timestamptz NOT NULL,
        PRIMARY KEY (attempt_id, fence, run)
      )`);
    await queryRunner.query('CREATE INDEX agent_runs_of_tasks ON agent_runs (task_id)');
    await queryRunner.query('CREATE INDEX agent_runs_of_batches ON agent_runs (batch_id)');
    await queryRunner.query(`
      CREATE TABLE prices (
        id uuid PRIMARY KEY,
        provider text NOT NULL,
        model text NOT NULL,
        currency_code text NOT NULL,
        input numeric NOT NULL,
        cached_input numeric,
        output numeric NOT NULL,
        reasoning numeric,
        valid_from_time timestamptz NOT NULL,
        UNIQUE (provider, model, currency_code, valid_from_time)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE prices');
    await queryRunner.query('DROP TABLE agent_runs');
    await queryRunner.query('ALTER TABLE attempts DROP COLUMN stop_message');
    for (const table of ['batches', 'tasks', 'attempts'])
      await queryRunner.query(`ALTER TABLE ${table} DROP COLUMN budget, DROP COLUMN budget_warn_time`);
  }
}
