import { Injectable } from '@nestjs/common';
import { CreateVerdictRequest, Verdict, Verdict_Decision, type ListVerdictsResponse } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import { answerOnce, appendEvent } from '@heddle/platform/outbox';
import { DataSource, type EntityManager } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';
import { changeJson } from '../changes/change.mapper.js';
import { ChangeService } from '../changes/change.service.js';
import { requireHead } from '../changes/require-head.js';
import { requireNoSecret } from '../changes/secret-in-change.js';
import { CommentService } from '../comments/comment.service.js';
import { messageOf } from '../comments/open-threads.js';
import { ChangeBell } from '@heddle/platform/waiting';
import { newId } from '@heddle/platform/ids';
import { VerdictEntity } from './verdict.entity.js';

const MAX_COMMENT_BYTES = 64 * 1024;

const REVIEW_STATES = { APPROVE: 'APPROVED', REQUEST_CHANGES: 'CHANGES_REQUESTED', REJECT: 'REJECTED' } as const;

/** Reviewers' decisions, each bound to the head that they saw; the newest one is the change's review state. */
@Injectable()
export class VerdictService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: ChangeService,
    private readonly comments: CommentService,
    private readonly bell: ChangeBell,
  ) {}

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
        return { seen: change, message: decision === 'REQUEST_CHANGES' ? await this.message(change, request) : '' };
      },
      (manager, prepared) => this.decide(manager, decision, request, prepared),
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
    const changeId = seen.id;
    const change = await manager.findOneOrFail(ChangeEntity, {
      where: { id: changeId },
      lock: { mode: 'pessimistic_write' },
    });
    requireHead(change, request.headCommit);
    // The places of the threads are those of the head that they were looked for at.
    if (message !== '') requireHead(change, seen.headCommit);
    if (decision === 'APPROVE') requireApprovable(change);
    const now = new Date();
    const row = manager.create(VerdictEntity, {
      id: newId(),
      changeId,
      decision,
      headCommit: change.headCommit,
      reasonClass: request.reasonClass,
      comment: request.comment,
      message,
      principal: requestContext.get()?.principal ?? '',
      createTime: now,
    });
    await manager.insert(VerdictEntity, row);
    change.reviewState = REVIEW_STATES[decision];
    change.updateTime = now;
    change.revision = String(BigInt(change.revision) + 1n);
    const { reviewState, updateTime, revision } = change;
    await manager.update(ChangeEntity, { id: changeId }, { reviewState, updateTime, revision });
    const verdict = toVerdict(row);
    await appendEvent(manager, {
      aggregate: 'change',
      id: changeId,
      version: revision,
      type: 'change.updated',
      data: changeJson(change),
    });
    await appendEvent(manager, {
      aggregate: 'verdict',
      id: row.id,
      version: 1,
      type: 'verdict.submitted',
      data: toCanonicalJson('heddle.v1.Verdict', Verdict, verdict),
    });
    return verdict;
  }
}

/** @throws HeddleError SECRET_IN_CHANGE, CHANGE_EMPTY */
function requireApprovable(change: ChangeEntity): void {
  requireNoSecret(change);
  if (change.empty)
    throw new HeddleError('CHANGE_EMPTY', 'The change is empty: there is nothing to approve', {
      metadata: { id: change.id },
    });
}

function readDecision(request: CreateVerdictRequest): VerdictEntity['decision'] {
  if (Buffer.byteLength(request.comment) > MAX_COMMENT_BYTES || request.reasonClass.length > 100) {
    throw fieldInvalid([
      { field: 'comment', description: 'must be at most 64 KiB, reason_class at most 100 characters' },
    ]);
  }
  switch (request.verdict) {
    case Verdict_Decision.APPROVE:
    case Verdict_Decision.REJECT:
    case Verdict_Decision.REQUEST_CHANGES:
      return request.verdict;
    case Verdict_Decision.DECISION_UNSPECIFIED:
      throw fieldInvalid([{ field: 'verdict', description: 'is required: APPROVE, REQUEST_CHANGES or REJECT' }]);
  }
}

function toVerdict(row: VerdictEntity): Verdict {
  return {
    id: row.id,
    changeId: row.changeId,
    verdict: Verdict_Decision[row.decision],
    headCommit: row.headCommit,
    reasonClass: row.reasonClass,
    comment: row.comment,
    message: row.message,
    principal: row.principal,
    createTime: row.createTime,
  };
}
