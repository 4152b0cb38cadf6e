import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether agents are told of overlaps. */
export class ToldOverlaps1700000000032 implements MigrationInterface {
  readonly name = 'ToldOverlaps1700000000032';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE environment_versions ADD COLUMN tell_overlaps boolean NOT NULL DEFAULT false');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE environment_versions DROP COLUMN tell_overlaps');
  }
}
