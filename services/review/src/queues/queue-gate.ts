import { Injectable } from '@nestjs/common';
import type { LandingRules } from '@heddle/contracts/workflows';
import { batchSize, expectedFailureRate } from '@heddle/domain';
import { DataSource, IsNull, Not } from 'typeorm';
import { LandingEntity } from '../landings/landing.entity.js';
import { TargetBranches } from '../landings/target-branch.js';
import { LANDED_VIA } from '../reconciliations/land-inputs.js';
import { LandingQueueEntity } from './landing-queue.entity.js';
import { ensureQueue, lockQueue, saveQueue, type BranchRef } from './queue-rows.js';

/** So many of the last landings of a queue say how often one fails. */
const MEMORY = 50;

/** Whether a queue goes on, and by which rules it tests. */
@Injectable()
export class QueueGate {
  constructor(
    private readonly dataSource: DataSource,
    private readonly targets: TargetBranches,
  ) {}

  /** The queue as it is; one that stopped over a red tip goes on by itself once the branch is another. */
  async open(branch: BranchRef): Promise<LandingQueueEntity> {
    const queue = await this.dataSource.transaction((manager) => ensureQueue(manager, branch));
    if (queue.state !== 'STOPPED') return queue;
    const tip = await this.targets.open(branch.repositoryId, branch.branch, (target) => target.tip());
    if (tip === queue.redTip) return queue;
    return this.dataSource.transaction(async (manager) => {
      const locked = await lockQueue(manager, queue.id);
      if (locked.state !== 'STOPPED' || locked.redTip !== queue.redTip) return locked;
      Object.assign(locked, { state: 'ACTIVE', message: '', redTip: null });
      await saveQueue(manager, locked, 'queue.resumed');
      return locked;
    });
  }

  async rulesOf({ id, batchMax, retryFlakes }: LandingQueueEntity): Promise<LandingRules> {
    const batch = batchMax === 1 ? 1 : batchSize(expectedFailureRate(await this.lately(id)), batchMax);
    return { batch, retryFlakes };
  }

  /** The last landings that are on the branch, whose checks hold for what comes next, the oldest first. */
  async standing({ id: queueId, landedChecks }: LandingQueueEntity): Promise<LandingEntity[]> {
    if (landedChecks === 0) return [];
    const rows = await this.dataSource.manager.find(LandingEntity, {
      where: {
        queueId,
        state: 'LANDED',
        revertsId: IsNull(),
        revertedById: IsNull(),
        // The result has the checks of its inputs.
        reason: Not(LANDED_VIA),
      },
      order: { endTime: 'DESC', id: 'DESC' },
      take: landedChecks,
    });
    return rows.reverse();
  }

  private async lately(queueId: string): Promise<{ passed: number; failed: number }> {
    const counts: { passed: string; failed: string }[] = await this.dataSource.query(
      `SELECT count(*) FILTER (WHERE state = 'LANDED') AS passed, count(*) FILTER (WHERE state = 'EJECTED') AS failed
       FROM (SELECT state FROM landings WHERE queue_id = $1
         AND (state = 'LANDED' OR (state = 'EJECTED' AND reason IN ('CHECK_FAILED', 'INTERACTION')))
         ORDER BY end_time DESC LIMIT $2) AS lately`,
      [queueId, MEMORY],
    );
    return { passed: Number(counts[0]?.passed ?? 0), failed: Number(counts[0]?.failed ?? 0) };
  }
}
