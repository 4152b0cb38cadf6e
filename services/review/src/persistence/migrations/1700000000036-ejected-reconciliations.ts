import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which reconciliation brings the change of a landing that fell out onto its branch, and whether a queue wants that. */
export class EjectedReconciliations1700000000036 implements MigrationInterface {
  readonly name = 'EjectedReconciliations1700000000036';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE landing_queues ADD COLUMN reconcile_ejected boolean NOT NULL DEFAULT false`);
    // Names what is yet to be made, so it refers to no row.
    await queryRunner.query(`ALTER TABLE landings ADD COLUMN reconciliation_id uuid`);
    await queryRunner.query(
      `CREATE INDEX landings_reconciliation ON landings (reconciliation_id) WHERE reconciliation_id IS NOT NULL`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE landings DROP COLUMN reconciliation_id');
    await queryRunner.query('ALTER TABLE landing_queues DROP COLUMN reconcile_ejected');
  }
}
