import { Injectable } from '@nestjs/common';
import { AttestCriterionRequest, Criterion } from '@heddle/contracts';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import { newId } from '@heddle/platform/ids';
import { answerOnce, appendEvent } from '@heddle/platform/outbox';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource, type EntityManager } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';
import { changeJson } from '../changes/change.mapper.js';
import { ChangeService } from '../changes/change.service.js';
import { requireHead } from '../changes/require-head.js';
import { EvidenceService } from '../evidence/evidence.service.js';
import { AttestationEntity } from './attestation.entity.js';
import { criteriaCountsOf, ledgerOf } from './criteria-of.js';
import { toCriterion } from './criterion.mapper.js';

const MAX_COMMENT_BYTES = 64 * 1024;

/** The acceptance ledger: each criterion of a task, with what proves it on the tree of a change. */
@Injectable()
export class CriterionService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: ChangeService,
    private readonly evidence: EvidenceService,
    private readonly bell: ChangeBell,
  ) {}

  /** @throws HeddleError CHANGE_NOT_FOUND */
  async list(changeId: string): Promise<Criterion[]> {
    const change = await this.withTaskFacts(changeId);
    const { criteria, attestations } = await ledgerOf(this.dataSource.manager, change);
    return criteria.map((each) => toCriterion(each, attestations));
  }

  /** @throws HeddleError CHANGE_NOT_FOUND, CRITERION_NOT_FOUND, CHANGE_MOVED, FIELD_INVALID */
  async attest(request: AttestCriterionRequest): Promise<Criterion> {
    if (Buffer.byteLength(request.comment) > MAX_COMMENT_BYTES)
      throw fieldInvalid([{ field: 'comment', description: 'must be at most 64 KiB' }]);
    const criterion = await answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.ChangeService/AttestCriterion',
        requestId: request.requestId,
        request,
        requestCodec: AttestCriterionRequest,
        responseCodec: Criterion,
      },
      () => this.withTaskFacts(request.changeId),
      (manager, { id }) => this.note(manager, id, request),
    );
    this.bell.ring(request.changeId);
    return criterion;
  }

  private async withTaskFacts(changeId: string): Promise<ChangeEntity> {
    const change = await this.changes.row(changeId);
    if (change.taskFacts !== null) return change;
    await this.evidence.ensureTaskFacts(change);
    return this.changes.row(changeId);
  }

  private async note(manager: EntityManager, id: string, request: AttestCriterionRequest): Promise<Criterion> {
    const change = await manager.findOneOrFail(ChangeEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
    requireHead(change, request.headCommit);
    const { criteria } = await ledgerOf(manager, change);
    if (!criteria.some((each) => each.id === request.criterionId))
      throw new HeddleError(
        'CRITERION_NOT_FOUND',
        `The task has no acceptance criterion ${request.criterionId.slice(0, 40)}: ${criteria.map((each) => each.id).join(', ') || 'it has none'}`,
        { metadata: { id, criterionId: request.criterionId.slice(0, 40) } },
      );
    await manager.insert(AttestationEntity, {
      id: newId(),
      changeId: id,
      criterionId: request.criterionId,
      treeId: change.treeId,
      met: request.met,
      comment: request.comment,
      principal: requestContext.get()?.principal ?? '',
      createTime: new Date(),
    });
    change.criteriaCounts = await criteriaCountsOf(manager, change);
    change.updateTime = new Date();
    change.revision = String(BigInt(change.revision) + 1n);
    const { criteriaCounts, updateTime, revision } = change;
    await manager.update(ChangeEntity, { id }, { criteriaCounts, updateTime, revision });
    await appendEvent(manager, {
      aggregate: 'change',
      id,
      version: revision,
      type: 'change.updated',
      data: changeJson(change),
    });
    const after = await ledgerOf(manager, change);
    const judged = after.criteria.find((each) => each.id === request.criterionId);
    if (judged === undefined) throw new Error('unreachable: it was there before');
    return toCriterion(judged, after.attestations);
  }
}
