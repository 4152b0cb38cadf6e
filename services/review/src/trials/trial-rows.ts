import { Inject, Injectable } from '@nestjs/common';
import { SandboxSpec } from '@heddle/contracts/internal';
import { temporalPriority, type BeginTrialResult, type TrialActivities } from '@heddle/contracts/workflows';
import { isTrialEnded, type TrialState } from '@heddle/domain';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource, type EntityManager } from 'typeorm';
import { checkOutcomesToJson } from '../changes/check-outcomes.js';
import type { ReviewConfig } from '../config.js';
import { checksTimeoutMs } from '../sandboxes/checks-spec.js';
import { CONFIG } from '../shared/tokens.js';
import { TrialEntity } from './trial.entity.js';
import { TrialEnds } from './trial-ends.js';

/** The short steps of the trial workflow: each reads its row first, so that a repeat changes nothing. */
@Injectable()
export class TrialRows implements TrialActivities {
  constructor(
    private readonly dataSource: DataSource,
    private readonly bell: ChangeBell,
    private readonly ends: TrialEnds,
    @Inject(CONFIG) private readonly config: ReviewConfig,
  ) {}

  async beginTrial(trialId: string): Promise<BeginTrialResult> {
    const row = await this.dataSource.transaction(async (manager) => {
      const found = await locked(manager, trialId);
      if (found === null || isTrialEnded(found.state)) return undefined;
      if (found.cancelRequested) {
        await this.end(manager, found, 'CANCELLED');
        return undefined;
      }
      if (found.state === 'QUEUED') {
        const now = new Date();
        await manager.update(TrialEntity, { id: trialId }, { state: 'RUNNING', stateSince: now, startTime: now });
      }
      return found;
    });
    if (row === undefined) return { kind: 'NOTHING_TO_DO' };
    return {
      kind: 'WORK',
      plan: {
        trialId,
        commit: row.commit,
        checksTimeoutMs: checksTimeoutMs(SandboxSpec.decode(row.spec).checks),
        pool: this.config.HEDDLE_RUNNER_POOL,
        priority: temporalPriority(row.priority),
        fairnessKey: row.repositoryId,
      },
    };
  }

  async raiseTrialFence(trialId: string): Promise<{ fence: number; wanted: boolean }> {
    const result: [{ fence: string; wanted: boolean }[], number] = await this.dataSource.query(
      `UPDATE trials SET fence = fence + 1 WHERE id = $1
       RETURNING fence, state = 'RUNNING' AND NOT cancel_requested AS wanted`,
      [trialId],
    );
    const row = result[0][0];
    return { fence: Number(row?.fence ?? 0), wanted: row?.wanted ?? false };
  }

  async isTrialWanted(trialId: string): Promise<boolean> {
    const row = await this.dataSource.manager.findOneBy(TrialEntity, { id: trialId });
    return row !== null && !row.cancelRequested && !isTrialEnded(row.state);
  }

  async endTrial({ trialId, end }: Parameters<TrialActivities['endTrial']>[0]): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const row = await locked(manager, trialId);
      if (row === null || isTrialEnded(row.state)) return;
      switch (end.kind) {
        case 'RAN':
          return this.end(manager, row, 'RAN', { results: checkOutcomesToJson(end.checks) });
        case 'BROKEN':
          return this.end(manager, row, 'ERRORED', { reason: end.reason, message: end.message });
        case 'UNWANTED':
          return this.end(manager, row, 'CANCELLED');
      }
    });
    this.bell.ring(trialId);
    this.ends.tell();
  }

  private async end(
    manager: EntityManager,
    { id }: TrialEntity,
    state: TrialState,
    facts: Partial<Pick<TrialEntity, 'results' | 'reason' | 'message'>> = {},
  ): Promise<void> {
    const now = new Date();
    await manager.update(TrialEntity, { id }, { ...facts, state, stateSince: now, endTime: now });
  }
}

function locked(manager: EntityManager, id: string): Promise<TrialEntity | null> {
  return manager.findOne(TrialEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
}
