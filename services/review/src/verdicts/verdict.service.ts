import { Injectable } from '@nestjs/common';
import { CreateVerdictRequest, DismissVerdictRequest, Verdict, type ListVerdictsResponse } from '@heddle/contracts';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import { requireId } from '@heddle/platform/ids';
import { answerOnce } from '@heddle/platform/outbox';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource, IsNull, type EntityManager } from 'typeorm';
import { ReviewStates } from '../approvals/review-states.js';
import { ChangeEntity } from '../changes/change.entity.js';
import { ChangeService } from '../changes/change.service.js';
import { requireHead } from '../changes/require-head.js';
import { requireNoSecret } from '../changes/secret-in-change.js';
import { CommentService } from '../comments/comment.service.js';
import { messageOf } from '../comments/open-threads.js';
import { EvidenceService } from '../evidence/evidence.service.js';
import { LandingEntity } from '../landings/landing.entity.js';
import { noteDismissed } from './carry-verdicts.js';
import { MAX_COMMENT_BYTES, readDecision } from './read-verdict.js';
import { recordVerdict } from './record-verdict.js';
import { VerdictEntity } from './verdict.entity.js';
import { toVerdict } from './verdict.mapper.js';

/** Reviewers' decisions, each bound to the content that they saw. */
@Injectable()
export class VerdictService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: ChangeService,
    private readonly comments: CommentService,
    private readonly evidence: EvidenceService,
    private readonly states: ReviewStates,
    private readonly bell: ChangeBell,
  ) {}

  /** @throws HeddleError CHANGE_NOT_FOUND, CHANGE_MOVED, SECRET_IN_CHANGE, CHANGE_EMPTY, ALREADY_LANDED, FIELD_INVALID */
  async create(request: CreateVerdictRequest): Promise<Verdict> {
    const decision = readDecision(request);
    const verdict = await answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.ChangeService/CreateVerdict',
        requestId: request.requestId,
        request,
        requestCodec: CreateVerdictRequest,
        responseCodec: Verdict,
      },
      async () => {
        const change = await this.changes.row(request.changeId);
        await this.evidence.ensureTaskFacts(change);
        return { seen: change, message: decision === 'REQUEST_CHANGES' ? await this.message(change, request) : '' };
      },
      (manager, prepared) => this.decide(manager, decision, request, prepared),
    );
    this.bell.ring(request.changeId);
    return verdict;
  }

  /** @throws HeddleError CHANGE_NOT_FOUND, VERDICT_NOT_FOUND, FIELD_INVALID */
  async dismiss(request: DismissVerdictRequest): Promise<Verdict> {
    if (request.comment.trim() === '' || Buffer.byteLength(request.comment) > MAX_COMMENT_BYTES)
      throw fieldInvalid([{ field: 'comment', description: 'is required, up to 64 KiB: it says why' }]);
    const verdict = await answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.ChangeService/DismissVerdict',
        requestId: request.requestId,
        request,
        requestCodec: DismissVerdictRequest,
        responseCodec: Verdict,
      },
      () => this.changes.row(request.changeId),
      (manager, { id }) => this.takeBack(manager, id, request),
    );
    this.bell.ring(request.changeId);
    return verdict;
  }

  async list(changeId: string): Promise<ListVerdictsResponse> {
    const change = await this.changes.row(changeId);
    const rows = await this.dataSource.manager.find(VerdictEntity, {
      where: { changeId: change.id },
      order: { id: 'DESC' },
    });
    return { verdicts: rows.map(toVerdict) };
  }

  /** @throws HeddleError FIELD_INVALID where there is nothing that the agent could be told */
  private async message(change: ChangeEntity, request: CreateVerdictRequest): Promise<string> {
    const message = messageOf(request.comment, await this.comments.openThreads(change));
    if (message === '') {
      throw fieldInvalid([
        { field: 'comment', description: 'is required where no thread is open: it says which changes are wanted' },
      ]);
    }
    return message;
  }

  private async decide(
    manager: EntityManager,
    decision: VerdictEntity['decision'],
    request: CreateVerdictRequest,
    { seen, message }: { readonly seen: ChangeEntity; readonly message: string },
  ): Promise<Verdict> {
    const change = await lockChange(manager, seen.id);
    requireHead(change, request.headCommit);
    // The places of the threads are those of the head that they were looked for at.
    if (message !== '') requireHead(change, seen.headCommit);
    if (decision === 'REQUEST_CHANGES') await requireNotLanded(manager, change);
    if (decision === 'APPROVE') requireApprovable(change);
    return recordVerdict(manager, this.states, change, {
      decision,
      reasonClass: request.reasonClass,
      comment: request.comment,
      message,
      principal: requestContext.get()?.principal ?? '',
    });
  }

  private async takeBack(manager: EntityManager, changeId: string, request: DismissVerdictRequest): Promise<Verdict> {
    const change = await lockChange(manager, changeId);
    const row = await manager.findOneBy(VerdictEntity, {
      id: requireId(request.id, 'VERDICT_NOT_FOUND', 'verdict'),
      changeId,
    });
    if (row === null)
      throw new HeddleError('VERDICT_NOT_FOUND', `The change has no verdict ${request.id}`, {
        metadata: { id: request.id, changeId },
      });
    if (row.dismissal !== null) return toVerdict(row);
    await noteDismissed(manager, row, {
      reason: 'DISMISSED_BY_USER',
      message: request.comment,
      principal: requestContext.get()?.principal ?? '',
      createTime: new Date().toISOString(),
    });
    await this.states.update(manager, change);
    return toVerdict(row);
  }
}

function lockChange(manager: EntityManager, id: string): Promise<ChangeEntity> {
  return manager.findOneOrFail(ChangeEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
}

/**
 * The agent of what is in the branch makes no further turn: what was said would be heard by nobody. It may still be found
 * wrong, or be approved for another branch.
 * @throws HeddleError ALREADY_LANDED
 */
async function requireNotLanded(manager: EntityManager, { id }: ChangeEntity): Promise<void> {
  const landing = await manager.findOneBy(LandingEntity, {
    changeId: id,
    state: 'LANDED',
    revertsId: IsNull(),
    revertedById: IsNull(),
  });
  if (landing === null) return;
  throw new HeddleError(
    'ALREADY_LANDED',
    `The change has landed on ${landing.branch}: launch a new task on top of it, or take the landing back`,
    { metadata: { id: landing.id, changeId: id, branch: landing.branch } },
  );
}

/** @throws HeddleError SECRET_IN_CHANGE, CHANGE_EMPTY */
function requireApprovable(change: ChangeEntity): void {
  requireNoSecret(change);
  if (change.empty)
    throw new HeddleError('CHANGE_EMPTY', 'The change is empty: there is nothing to approve', {
      metadata: { id: change.id },
    });
}
