import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Overlaps of attempts that run: pairs of checkpoints, of which no change need be there yet. */
export class LiveOverlaps1700000000003 implements MigrationInterface {
  readonly name = 'LiveOverlaps1700000000003';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE live_heads (
        attempt_id uuid PRIMARY KEY,
        task_id uuid NOT NULL,
        batch_id uuid NOT NULL,
        repository_id uuid NOT NULL REFERENCES repositories (id),
        base_commit text NOT NULL,
        commit text NOT NULL,
        tree_id text NOT NULL,
        fence bigint NOT NULL,
        number int NOT NULL,
        update_time timestamptz NOT NULL
      )`);
    await queryRunner.query(`CREATE INDEX live_heads_batch ON live_heads (batch_id)`);
    await queryRunner.query(`
      ALTER TABLE overlap_pairs
        ALTER COLUMN change_a DROP NOT NULL,
        ALTER COLUMN change_b DROP NOT NULL,
        ADD COLUMN basis text NOT NULL DEFAULT 'EXACT',
        ADD COLUMN clean_checkpoints int NOT NULL DEFAULT 0,
        ADD CHECK (basis = 'LIVE' OR (change_a IS NOT NULL AND change_b IS NOT NULL))`);
    await queryRunner.query(
      `CREATE UNIQUE INDEX overlap_pairs_live ON overlap_pairs (attempt_a, attempt_b) WHERE basis = 'LIVE'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DELETE FROM overlap_pairs WHERE basis = 'LIVE'`);
    await queryRunner.query(`DROP INDEX overlap_pairs_live`);
    await queryRunner.query(`
      ALTER TABLE overlap_pairs
        DROP COLUMN basis,
        DROP COLUMN clean_checkpoints,
        ALTER COLUMN change_a SET NOT NULL,
        ALTER COLUMN change_b SET NOT NULL`);
    await queryRunner.query(`DROP TABLE live_heads`);
  }
}
