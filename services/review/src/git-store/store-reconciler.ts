import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CheckpointHeader } from '@heddle/contracts/internal';
import { consolidatePacks, dropQuarantines, lookUp, packRefs } from '@heddle/git';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import { Gauge } from 'prom-client';
import { DataSource } from 'typeorm';
import { RECONCILE_PERIOD_MS, reconciled, WRONG_FOR } from '../shared/reconciled.js';
import { RepeatingTask } from '../shared/repeating-task.js';
import { CheckpointService } from './checkpoint.service.js';
import { GitStores } from './git-stores.js';
import { RepositoryEntity } from './repository.entity.js';

const UPKEEP_PERIOD_MS = 3_600_000;
/** Agents at work send a pack every quarter of a minute each. */
const PACKS_PERIOD_MS = 600_000;
/** More packs than this make every look-up slow. */
const MANY_PACKS = 50;

const lostRefs = new Gauge({
  name: 'heddle_checkpoints_without_ref',
  help: 'Stored checkpoints whose ref is gone: data was lost, nothing repairs it',
});

interface OpenCheckpointName {
  readonly attempt_id: string;
  readonly fence: string;
  readonly number: number;
}

interface OpenCheckpoint extends OpenCheckpointName {
  readonly header: Buffer;
}

const BEFORE_ALL: OpenCheckpointName = { attempt_id: '00000000-0000-0000-0000-000000000000', fence: '0', number: 0 };

/** Completes checkpoints that a crash left between their objects and their rows, and keeps the stores fast. */
@Injectable()
export class StoreReconciler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly reconciling: RepeatingTask;
  private readonly upkeep: RepeatingTask;
  private readonly packing: RepeatingTask;

  constructor(
    private readonly dataSource: DataSource,
    private readonly stores: GitStores,
    private readonly checkpoints: CheckpointService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.reconciling = new RepeatingTask('store-reconciler', RECONCILE_PERIOD_MS, () => this.reconcile(), logger);
    this.upkeep = new RepeatingTask('store-upkeep', UPKEEP_PERIOD_MS, () => this.keepFast(), logger);
    this.packing = new RepeatingTask('store-packs', PACKS_PERIOD_MS, () => this.consolidate(), logger);
  }

  async onApplicationBootstrap(): Promise<void> {
    for (const { id } of await this.dataSource.manager.find(RepositoryEntity))
      await dropQuarantines(this.stores.directory(id));
    this.reconciling.start();
    this.upkeep.start();
    this.packing.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.reconciling.stop(), this.upkeep.stop(), this.packing.stop()]);
  }

  /** Completes each noted checkpoint that was not closed. One that never can be must not be in the way of the others. */
  async reconcile(): Promise<void> {
    let rows = await this.open(BEFORE_ALL);
    for (let last = rows.at(-1); last !== undefined; last = rows.at(-1)) {
      for (const row of rows) await this.complete(CheckpointHeader.decode(row.header));
      rows = await this.open(last);
    }
  }

  private open(after: OpenCheckpointName): Promise<OpenCheckpoint[]> {
    return this.dataSource.query(
      `SELECT attempt_id, fence, number, header FROM checkpoints
       WHERE stored_at IS NULL AND create_time < now() - ${WRONG_FOR} AND (attempt_id, fence, number) > ($1, $2, $3)
       ORDER BY attempt_id, fence, number LIMIT 100`,
      [after.attempt_id, after.fence, after.number],
    );
  }

  private async complete(header: CheckpointHeader): Promise<void> {
    try {
      await this.checkpoints.complete(header);
      reconciled.inc({ kind: 'checkpoint_without_row' });
      this.logger.warn(
        { attemptId: header.attemptId, fence: header.fence, number: header.number },
        'a checkpoint was completed after a crash',
      );
    } catch (error) {
      this.logger.error({ err: error, attemptId: header.attemptId }, 'a checkpoint cannot be completed');
    }
  }

  private async lookForLostRefs(): Promise<void> {
    const rows: { repository_id: string; ref: string }[] = await this.dataSource.query(
      'SELECT repository_id, ref FROM changes',
    );
    const byRepository = new Map<string, string[]>();
    for (const row of rows)
      byRepository.set(row.repository_id, [...(byRepository.get(row.repository_id) ?? []), row.ref]);
    let lost = 0;
    for (const [id, refs] of byRepository) {
      const found = await lookUp({ gitDir: this.stores.directory(id) }, refs);
      const missing = refs.filter((_, index) => found[index] === undefined);
      lost += missing.length;
      if (missing.length > 0)
        this.logger.error({ repositoryId: id, refs: missing.slice(0, 10) }, 'the git store lost refs of changes');
    }
    lostRefs.set(lost);
  }

  private async keepFast(): Promise<void> {
    await this.lookForLostRefs();
    for (const { id } of await this.dataSource.manager.find(RepositoryEntity))
      await packRefs(this.stores.directory(id));
  }

  private async consolidate(): Promise<void> {
    for (const { id } of await this.dataSource.manager.find(RepositoryEntity)) {
      const directory = this.stores.directory(id);
      const packs = (await readdir(join(directory, 'objects', 'pack'))).filter((name) => name.endsWith('.pack'));
      if (packs.length > MANY_PACKS) await this.stores.exclusively(id, () => consolidatePacks(directory));
    }
  }
}
