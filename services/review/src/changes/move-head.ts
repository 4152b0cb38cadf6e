import type { Notice } from '@heddle/contracts';
import { appendEvent } from '@heddle/platform/outbox';
import type { DataSource } from 'typeorm';
import { carryVerdicts } from '../verdicts/carry-verdicts.js';
import { ChangeEntity } from './change.entity.js';
import { changeJson } from './change.mapper.js';

/** Gives a change another head of the same tree: what was checked and decided of the old one holds for it. */
export function moveHead(
  dataSource: DataSource,
  seen: ChangeEntity,
  { commit, ref, notices }: { readonly commit: string; readonly ref: string; readonly notices: readonly Notice[] },
): Promise<ChangeEntity> {
  return dataSource.transaction(async (manager) => {
    const change = await manager.findOneOrFail(ChangeEntity, {
      where: { id: seen.id },
      lock: { mode: 'pessimistic_write' },
    });
    if (change.headCommit !== seen.headCommit) return change;
    const changed = {
      headCommit: commit,
      ref,
      partial: change.partial || notices.length > 0,
      notices: [...change.notices, ...notices],
      updateTime: new Date(),
      revision: String(BigInt(change.revision) + 1n),
    };
    const heads = { id: change.id, before: seen.headCommit, now: commit, mayNamePaths: true };
    await carryVerdicts(manager, heads, { headCommit: seen.headCommit, moved: [] });
    Object.assign(change, changed);
    await manager.update(ChangeEntity, { id: change.id }, changed);
    await appendEvent(manager, {
      aggregate: 'change',
      id: change.id,
      version: change.revision,
      type: 'change.updated',
      data: changeJson(change),
      traceparent: change.traceparent,
    });
    return change;
  });
}
