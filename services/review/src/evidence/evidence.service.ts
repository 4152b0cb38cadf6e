import { Inject, Injectable } from '@nestjs/common';
import type { CheckResult } from '@heddle/contracts';
import { appendEvent } from '@heddle/platform/outbox';
import { DataSource } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';
import { changeJson, checksToJson } from '../changes/change.mapper.js';
import { ChangeBell } from '@heddle/platform/waiting';
import { EVIDENCE, type Evidence } from '../shared/tokens.js';

/** What the platform's checks said, kept with the change as a copy of the scheduler's rows. */
@Injectable()
export class EvidenceService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly bell: ChangeBell,
    @Inject(EVIDENCE) private readonly evidence: Evidence,
  ) {}

  /** Reads the owner's present state and brings the change up to it. @returns the checks, of the change's tree only */
  async refresh(attemptId: string, attemptEnded: boolean): Promise<CheckResult[]> {
    const known = await this.dataSource.manager.findOneBy(ChangeEntity, { attemptId });
    if (known === null || (attemptEnded && known.evidenceFinal)) return [];
    const { checks } = await this.evidence.listEvidence({ attemptId });
    const own = checks.filter((check) => check.treeId === known.treeId);
    await this.dataSource.transaction(async (manager) => {
      const change = await manager.findOne(ChangeEntity, { where: { attemptId }, lock: { mode: 'pessimistic_write' } });
      // It moved while the scheduler was asked: the evidence is of another tree.
      if (change === null || change.headCommit !== known.headCommit) return;
      if (attemptEnded && !change.evidenceFinal)
        await manager.update(ChangeEntity, { id: change.id }, { evidenceFinal: true });
      const json = checksToJson(own);
      if (canonical(json) === canonical(change.checks)) return;
      change.checks = json;
      change.updateTime = new Date();
      change.revision = String(BigInt(change.revision) + 1n);
      const { updateTime, revision } = change;
      await manager.query('UPDATE changes SET checks = $2, update_time = $3, revision = $4 WHERE id = $1', [
        change.id,
        JSON.stringify(json),
        updateTime,
        revision,
      ]);
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

/** jsonb gives keys back in another order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
