import { Injectable } from '@nestjs/common';
import type { CompareChangesRequest, ComparedSide } from '@heddle/contracts';
import { CheckpointHeader } from '@heddle/contracts/internal';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { DataSource, IsNull, Not } from 'typeorm';
import { ChangeService } from '../changes/change.service.js';
import { requireSight } from '../changes/secret-in-change.js';
import { CheckpointEntity } from '../git-store/checkpoint.entity.js';

/** What is compared, in one repository and on one base. */
export interface ComparedPair {
  readonly repositoryId: string;
  readonly base: string;
  readonly first: ComparedSide;
  readonly second: ComparedSide;
}

interface Side extends ComparedSide {
  readonly repositoryId: string;
}

/** Finds the two that a comparison names. */
@Injectable()
export class ComparedSides {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: ChangeService,
  ) {}

  /**
   * @throws HeddleError FIELD_INVALID where it does not name two of one kind, CHANGE_NOT_FOUND, CHECKPOINT_NOT_FOUND,
   * SECRET_IN_CHANGE, BASES_DIFFER
   */
  async of({ changeIds, checkpointIds }: CompareChangesRequest): Promise<ComparedPair> {
    if (changeIds.length > 0 && checkpointIds.length > 0)
      throw fieldInvalid([{ field: 'checkpoint_ids', description: 'must be absent with change_ids' }]);
    const [field, ids] = checkpointIds.length > 0 ? ['checkpoint_ids', checkpointIds] : ['change_ids', changeIds];
    const [one, other, ...more] = ids;
    if (one === undefined || other === undefined || more.length > 0)
      throw fieldInvalid([{ field, description: 'must name two' }]);
    const find = (id: string): Promise<Side> => (field === 'change_ids' ? this.change(id) : this.checkpoint(id));
    const [first, second] = [await find(one), await find(other)];
    if (field === 'checkpoint_ids' && first.attemptId !== second.attemptId)
      throw fieldInvalid([{ field, description: 'must name checkpoints of one attempt' }]);
    if (first.repositoryId !== second.repositoryId || first.baseCommit !== second.baseCommit) {
      throw new HeddleError('BASES_DIFFER', 'Only what was made of one base can be set side by side', {
        metadata: { first: first.baseCommit, second: second.baseCommit },
      });
    }
    return { repositoryId: first.repositoryId, base: first.baseCommit, first: shown(first), second: shown(second) };
  }

  private async change(id: string): Promise<Side> {
    const row = await this.changes.row(id);
    requireSight(row);
    const { attemptId, baseCommit, headCommit, repositoryId } = row;
    return { changeId: row.id, attemptId, baseCommit, headCommit, repositoryId };
  }

  private async checkpoint(commit: string): Promise<Side> {
    const row = await this.dataSource.manager.findOne(CheckpointEntity, {
      where: { commit, storedAt: Not(IsNull()), ref: Not(IsNull()) },
      order: { createTime: 'DESC' },
    });
    if (row === null) {
      const id = commit.slice(0, 64);
      throw new HeddleError('CHECKPOINT_NOT_FOUND', `There is no checkpoint ${id}, or it is not kept any more`, {
        metadata: { id },
      });
    }
    const { attemptId, baseCommit, repositoryId, notices } = CheckpointHeader.decode(row.header);
    requireSight({ id: attemptId, notices });
    return { attemptId, baseCommit, headCommit: commit, repositoryId };
  }
}

function shown({ changeId, attemptId, baseCommit, headCommit }: Side): ComparedSide {
  return { ...(changeId === undefined ? {} : { changeId }), attemptId, baseCommit, headCommit };
}
