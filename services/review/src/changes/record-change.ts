import type { CheckpointHeader } from '@heddle/contracts/internal';
import { diffFacts } from '@heddle/domain';
import { showPath, type ChangedFile } from '@heddle/git';
import { appendEvent } from '@heddle/platform/outbox';
import type { EntityManager } from 'typeorm';
import { newId } from '@heddle/platform/ids';
import { criteriaCountsOf } from '../criteria/criteria-of.js';
import { carryVerdicts, type DecidedHead } from '../verdicts/carry-verdicts.js';
import { ChangeEntity } from './change.entity.js';
import { changeJson } from './change.mapper.js';
import { holdsSecret } from './secret-in-change.js';

/** What was found out of a checkpoint before its transaction, and how the state after it is judged. */
export interface NewHead {
  readonly ref: string;
  readonly files: readonly ChangedFile[];
  /** What differs from the head before; undefined: there was none. */
  readonly seen: DecidedHead | undefined;
  readonly stateOf: (manager: EntityManager, change: ChangeEntity) => Promise<ChangeEntity['reviewState']>;
}

/**
 * Makes the checkpoint of a turn's end the attempt's change, with its event. An attempt has exactly one change: a later
 * checkpoint moves its head (verdicts hold on where the content is the same), an earlier or equal one, or one of the
 * same head, changes nothing of it.
 * The caller holds the lock on the attempt's row.
 * @returns the change's id
 */
export async function recordChange(
  manager: EntityManager,
  header: CheckpointHeader,
  { ref, files, seen, stateOf }: NewHead,
): Promise<string> {
  const existing = await manager.findOne(ChangeEntity, {
    where: { attemptId: header.attemptId },
    lock: { mode: 'pessimistic_write' },
  });
  if (existing !== null && !isLater(header, existing)) return existing.id;
  // Taken again because the answer was lost, or a turn that changed nothing: what was decided of it holds.
  if (existing?.headCommit === header.commit && existing.partial === header.partial) {
    await manager.update(ChangeEntity, existing.id, { fence: header.fence, checkpointNumber: header.number });
    return existing.id;
  }
  const now = new Date();
  const row = manager.create(ChangeEntity, {
    ...facts(header, ref, files),
    id: existing?.id ?? newId(),
    reviewState: 'PENDING',
    checks: [],
    taskFacts: existing?.taskFacts ?? null,
    criteriaCounts: { MET: 0, UNMET: 0, UNPROVEN: 0 },
    evidenceFinal: false,
    createTime: existing?.createTime ?? now,
    updateTime: now,
    revision: existing === null ? '1' : String(BigInt(existing.revision) + 1n),
  });
  row.criteriaCounts = await criteriaCountsOf(manager, row);
  if (existing === null) await manager.insert(ChangeEntity, row);
  else {
    const heads = { id: row.id, before: existing.headCommit, now: row.headCommit, mayNamePaths: !holdsSecret(row) };
    await carryVerdicts(manager, heads, seen);
    row.reviewState = await stateOf(manager, row);
    await manager.update(ChangeEntity, { id: row.id }, row);
  }
  await appendEvent(manager, {
    aggregate: 'change',
    id: row.id,
    version: row.revision,
    type: existing === null ? 'change.created' : 'change.updated',
    data: changeJson(row),
    traceparent: row.traceparent,
  });
  return row.id;
}

function isLater(header: CheckpointHeader, row: ChangeEntity): boolean {
  const [offered, stored] = [BigInt(header.fence), BigInt(row.fence)];
  return offered > stored || (offered === stored && header.number > row.checkpointNumber);
}

function facts(header: CheckpointHeader, ref: string, files: readonly ChangedFile[]) {
  return {
    attemptId: header.attemptId,
    taskId: header.taskId,
    batchId: header.batchId,
    repositoryId: header.repositoryId,
    attemptNumber: header.attemptNumber,
    title: header.title,
    sourceBranch: header.sourceBranch,
    baseCommit: header.baseCommit,
    headCommit: header.commit,
    treeId: header.treeId,
    ref,
    fence: header.fence,
    checkpointNumber: header.number,
    partial: header.partial,
    empty: files.length === 0,
    fileCount: files.length,
    additions: sum(files.map((file) => file.additions)),
    deletions: sum(files.map((file) => file.deletions)),
    diffFacts: diffFacts(files.map((file) => ({ ...file, path: showPath(file.path).path }))),
    notices: header.notices,
    traceparent: header.traceparent,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
