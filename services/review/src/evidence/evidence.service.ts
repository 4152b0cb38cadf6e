import { Inject, Injectable } from '@nestjs/common';
import type { CheckResult } from '@heddle/contracts';
import type { ListEvidenceResponse } from '@heddle/contracts/internal';
import { appendEvent } from '@heddle/platform/outbox';
import { DataSource } from 'typeorm';
import { ChangeEntity, type TaskFacts } from '../changes/change.entity.js';
import { changeJson, checksToJson } from '../changes/change.mapper.js';
import { ChangeBell } from '@heddle/platform/waiting';
import { criteriaCountsOf } from '../criteria/criteria-of.js';
import { EVIDENCE, type Evidence } from '../shared/tokens.js';

/** What the platform's checks said, kept with the change as a copy of the scheduler's rows. */
@Injectable()
export class EvidenceService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly bell: ChangeBell,
    @Inject(EVIDENCE) private readonly evidence: Evidence,
  ) {}

  /** What is known of the task is read once, at the latest when somebody decides. */
  async ensureTaskFacts({ attemptId, taskFacts }: ChangeEntity): Promise<void> {
    if (taskFacts === null) await this.refresh(attemptId, false);
  }

  /** Reads the owner's present state and brings the change up to it. @returns the checks, of the change's tree only */
  async refresh(attemptId: string, attemptEnded: boolean): Promise<CheckResult[]> {
    const known = await this.dataSource.manager.findOneBy(ChangeEntity, { attemptId });
    if (known === null || (attemptEnded && known.evidenceFinal)) return [];
    const answer = await this.evidence.listEvidence({ attemptId });
    const { checks } = answer;
    const own = checks.filter((check) => check.treeId === known.treeId);
    await this.dataSource.transaction(async (manager) => {
      const change = await manager.findOne(ChangeEntity, { where: { attemptId }, lock: { mode: 'pessimistic_write' } });
      // It moved while the scheduler was asked: the evidence is of another tree.
      if (change === null || change.headCommit !== known.headCommit) return;
      if (attemptEnded && !change.evidenceFinal)
        await manager.update(ChangeEntity, { id: change.id }, { evidenceFinal: true });
      const seen = canonical([change.checks, change.criteriaCounts]);
      const taskFacts = toTaskFacts(answer);
      const isNews = canonical(taskFacts) !== canonical(change.taskFacts);
      change.checks = checksToJson(own);
      change.taskFacts = taskFacts;
      change.criteriaCounts = await criteriaCountsOf(manager, change);
      if (isNews) await manager.update(ChangeEntity, { id: change.id }, { taskFacts });
      // Of the task's facts alone nobody is shown anything.
      if (canonical([change.checks, change.criteriaCounts]) === seen) return;
      change.updateTime = new Date();
      change.revision = String(BigInt(change.revision) + 1n);
      const { updateTime, revision } = change;
      await manager.query(
        'UPDATE changes SET checks = $2, update_time = $3, revision = $4, criteria_counts = $5 WHERE id = $1',
        [change.id, JSON.stringify(change.checks), updateTime, revision, JSON.stringify(change.criteriaCounts)],
      );
      await appendEvent(manager, {
        aggregate: 'change',
        id: change.id,
        version: revision,
        type: 'change.updated',
        data: changeJson(change),
        traceparent: change.traceparent,
      });
    });
    this.bell.ring(known.id);
    return own;
  }
}

function toTaskFacts({ launchedBy, acceptance, taskChecks, priority }: ListEvidenceResponse): TaskFacts {
  const checks = taskChecks.map(({ name, proves, advisory }) => ({ name, proves, advisory }));
  return { launchedBy, acceptance, checks, priority };
}

/** jsonb gives keys back in another order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
