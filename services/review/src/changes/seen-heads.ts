import { Injectable } from '@nestjs/common';
import { CheckpointHeader } from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import { DataSource, IsNull, Not } from 'typeorm';
import { CheckpointEntity } from '../git-store/checkpoint.entity.js';
import type { ChangeEntity } from './change.entity.js';
import { requireSight } from './secret-in-change.js';

/** What somebody may have read: a change as it is, or as an earlier turn left it. */
export interface SeenHead {
  /** Of the change. */
  readonly id: string;
  readonly baseCommit: string;
  readonly headCommit: string;
  readonly notices: ChangeEntity['notices'];
}

/** The heads that changes have and had. */
@Injectable()
export class SeenHeads {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * @param commit the head that was seen; empty: the head as it is
   * @throws HeddleError CHECKPOINT_NOT_FOUND where the change never had it or it is not kept; SECRET_IN_CHANGE
   */
  async require(change: ChangeEntity, commit: string): Promise<SeenHead> {
    const seen = commit === '' || commit === change.headCommit ? change : await this.earlier(change, commit);
    requireSight(seen);
    return seen;
  }

  private async earlier(change: ChangeEntity, commit: string): Promise<SeenHead> {
    const row = await this.dataSource.manager.findOne(CheckpointEntity, {
      where: { attemptId: change.attemptId, commit, storedAt: Not(IsNull()), ref: Not(IsNull()) },
    });
    const header = row === null ? undefined : CheckpointHeader.decode(row.header);
    if (header?.final !== true) {
      throw new HeddleError('CHECKPOINT_NOT_FOUND', `The change never had the head ${commit.slice(0, 64)}`, {
        metadata: { id: change.id, commit: commit.slice(0, 64) },
      });
    }
    return { id: change.id, baseCommit: header.baseCommit, headCommit: commit, notices: header.notices };
  }
}
