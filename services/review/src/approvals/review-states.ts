import { Injectable } from '@nestjs/common';
import { HeddleError, judgeApprovals, type ApprovalJudgement } from '@heddle/domain';
import { appendEvent } from '@heddle/platform/outbox';
import { DataSource, IsNull, type EntityManager } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';
import { changeJson } from '../changes/change.mapper.js';
import { requireCriteria } from '../criteria/require-criteria.js';
import { policyOf } from '../policies/review-policy.js';
import { VerdictEntity } from '../verdicts/verdict.entity.js';
import { describeMissing } from './approvals.mapper.js';
import { OwnedFiles } from './owned-files.js';

/** Of one repository, judged anew in one transaction. */
const MOST_IN_REVIEW = 1_000;

/** A change's review state is what its verdicts, the repository's policy and the code owners file make of it. */
@Injectable()
export class ReviewStates {
  constructor(
    private readonly dataSource: DataSource,
    private readonly owned: OwnedFiles,
  ) {}

  /** @param tip of the target branch; absent: as it was last fetched */
  async judge(manager: EntityManager, change: ChangeEntity, tip?: string): Promise<ApprovalJudgement> {
    const policy = await policyOf(manager, change.repositoryId);
    const verdicts = await manager.find(VerdictEntity, {
      where: { changeId: change.id, dismissal: IsNull() },
      order: { id: 'ASC' },
    });
    return judgeApprovals(
      {
        required: policy.requiredApprovals,
        selfApproval: policy.selfApproval,
        ownerPrincipals: new Map(policy.ownerPrincipals.map(({ owner, principals }) => [owner, principals])),
      },
      verdicts,
      await this.owned.of(manager, change, policy.codeOwners, tip),
      change.taskFacts?.launchedBy ?? '',
    );
  }

  /** After a verdict: notes the state, with an event that tells of the verdict too. The caller holds the lock on the row. */
  async update(manager: EntityManager, change: ChangeEntity): Promise<void> {
    await noteState(manager, change, await this.stateOf(manager, change));
  }

  /** Nobody is to find approved what nobody has looked at: where no approval is asked for, its landing says so. */
  async stateOf(manager: EntityManager, change: ChangeEntity): Promise<ChangeEntity['reviewState']> {
    if (!(await manager.existsBy(VerdictEntity, { changeId: change.id, dismissal: IsNull() }))) return 'PENDING';
    return (await this.judge(manager, change)).state;
  }

  /** After a change of the policy. @returns the ids of those that are in another state now */
  async judgeAll(manager: EntityManager, repositoryId: string): Promise<string[]> {
    const rows: { id: string }[] = await manager.query(
      `SELECT c.id FROM changes AS c WHERE c.repository_id = $1
         AND EXISTS (SELECT 1 FROM verdicts AS v WHERE v.change_id = c.id AND v.dismissal IS NULL)
         AND NOT EXISTS (SELECT 1 FROM landings AS l WHERE l.change_id = c.id AND l.state = 'LANDED')
       ORDER BY c.id DESC LIMIT ${String(MOST_IN_REVIEW)}`,
      [repositoryId],
    );
    const changed: string[] = [];
    for (const { id } of rows.reverse()) {
      const change = await manager.findOneOrFail(ChangeEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
      const state = await this.stateOf(manager, change);
      if (state === change.reviewState) continue;
      await noteState(manager, change, state);
      changed.push(id);
    }
    return changed;
  }

  /**
   * Before a change goes into the queue of a branch: the state is brought up to date, and what is missing is said.
   * @throws HeddleError APPROVAL_MISSING, CRITERIA_NOT_MET
   */
  async requireDecided(id: string): Promise<void> {
    const { change, judgement } = await this.dataSource.transaction(async (manager) => {
      const row = await manager.findOneOrFail(ChangeEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
      const judged = await this.judge(manager, row);
      if (judged.state !== row.reviewState) await noteState(manager, row, judged.state);
      return { change: row, judgement: judged };
    });
    requireApproved(change, judgement);
    requireCriteria(change, await policyOf(this.dataSource.manager, change.repositoryId));
  }

  /**
   * Why a queued change may not land on a branch as it is now: its code owners file may be another one than when it was
   * asked for.
   * @param tip absent: as it was last fetched
   */
  async objectionAt(change: ChangeEntity, tip?: string): Promise<HeddleError | undefined> {
    const { manager } = this.dataSource;
    try {
      requireApproved(change, await this.judge(manager, change, tip));
      requireCriteria(change, await policyOf(manager, change.repositoryId));
      return undefined;
    } catch (error) {
      if (HeddleError.is(error) && (error.reason === 'APPROVAL_MISSING' || error.reason === 'CRITERIA_NOT_MET'))
        return error;
      throw error;
    }
  }
}

/** @throws HeddleError APPROVAL_MISSING, with what is missing */
function requireApproved(
  { id }: ChangeEntity,
  { state, missing, required, given, blockedBy }: ApprovalJudgement,
): void {
  if (state === 'APPROVED') return;
  const why = blockedBy.length > 0 ? ['a verdict stands against it'] : missing.map(describeMissing);
  const few = (words: readonly string[]): string => [...new Set(words)].slice(0, 20).join(',');
  throw new HeddleError('APPROVAL_MISSING', `The change is ${state}: ${why.join('; ')}`, {
    metadata: {
      id,
      reviewState: state,
      required: String(required),
      given: few(given),
      missing: few(missing.map(({ kind }) => kind)),
      owners: few(missing.flatMap(({ owners }) => owners)),
      paths: few(missing.flatMap(({ paths }) => paths)),
      blockedBy: few(blockedBy),
    },
  });
}

async function noteState(
  manager: EntityManager,
  change: ChangeEntity,
  reviewState: ChangeEntity['reviewState'],
): Promise<void> {
  change.reviewState = reviewState;
  change.updateTime = new Date();
  change.revision = String(BigInt(change.revision) + 1n);
  const { updateTime, revision } = change;
  await manager.update(ChangeEntity, { id: change.id }, { reviewState, updateTime, revision });
  await appendEvent(manager, {
    aggregate: 'change',
    id: change.id,
    version: revision,
    type: 'change.updated',
    data: changeJson(change),
  });
}
