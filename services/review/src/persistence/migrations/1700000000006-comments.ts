import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Comments1700000000006 implements MigrationInterface {
  readonly name = 'Comments1700000000006';

  async up(queryRunner: QueryRunner): Promise<void> {
    // The first of a thread has the thread's own id, its state and its anchor; replies have none of them.
    await queryRunner.query(`
      CREATE TABLE comments (
        id uuid PRIMARY KEY,
        thread_id uuid NOT NULL REFERENCES comments (id),
        change_id uuid NOT NULL REFERENCES changes (id),
        batch_id uuid NOT NULL,
        text text NOT NULL,
        principal text NOT NULL,
        deleted boolean NOT NULL DEFAULT false,
        state text NOT NULL,
        resolver text NOT NULL DEFAULT '',
        resolve_time timestamptz,
        path bytea,
        side text NOT NULL DEFAULT '',
        start_line int NOT NULL DEFAULT 0,
        end_line int NOT NULL DEFAULT 0,
        quote text NOT NULL DEFAULT '',
        head_commit text NOT NULL DEFAULT '',
        base_commit text NOT NULL DEFAULT '',
        create_time timestamptz NOT NULL,
        update_time timestamptz NOT NULL,
        revision bigint NOT NULL
      )`);
    await queryRunner.query(`CREATE INDEX comments_change ON comments (change_id, thread_id, id)`);
    await queryRunner.query(`CREATE INDEX comments_thread ON comments (thread_id)`);
    await queryRunner.query(`ALTER TABLE verdicts ADD COLUMN message text NOT NULL DEFAULT ''`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE verdicts DROP COLUMN message`);
    await queryRunner.query(`DROP TABLE comments`);
  }
}
