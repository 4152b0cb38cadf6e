import { Injectable } from '@nestjs/common';
import { Ranking, SelectAttemptRequest } from '@heddle/contracts';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import { newId } from '@heddle/platform/ids';
import { answerOnce } from '@heddle/platform/outbox';
import { DataSource } from 'typeorm';
import { RankingService } from './ranking.service.js';
import { SelectionEntity } from './selection.entity.js';
import { SelectionRows } from './selection-rows.js';
import { SiblingsService } from './siblings.service.js';

const COMMENT_LENGTH = 2_000;

/** Puts a person's pick on record, beside what the ranking said at that time. */
@Injectable()
export class SelectionService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly rankings: RankingService,
    private readonly siblings: SiblingsService,
    private readonly rows: SelectionRows,
  ) {}

  /** @throws HeddleError TASK_NOT_FOUND, ATTEMPT_NOT_FOUND, CHANGE_MOVED, FIELD_INVALID */
  select(request: SelectAttemptRequest): Promise<Ranking> {
    if (request.comment.length > COMMENT_LENGTH)
      throw fieldInvalid([{ field: 'comment', description: `must be at most ${String(COMMENT_LENGTH)} characters` }]);
    return answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.TaskService/SelectAttempt',
        requestId: request.requestId,
        request,
        requestCodec: SelectAttemptRequest,
        responseCodec: Ranking,
      },
      () => this.prepare(request),
      async (manager, { ranking, headCommit, repositoryId }) => {
        const picked = ranking.candidates.find(({ attemptId }) => attemptId === request.attemptId);
        await manager.insert(SelectionEntity, {
          id: newId(),
          taskId: request.id,
          repositoryId,
          attemptId: request.attemptId,
          headCommit,
          principal: requestContext.get()?.principal ?? '',
          comment: request.comment,
          rank: picked?.rank ?? 0,
          outcome: ranking.outcome as SelectionEntity['outcome'],
          selectTime: new Date(),
        });
        return { ...ranking, ...(await this.rows.of({ id: request.id, repositoryId }, manager)) };
      },
    );
  }

  private async prepare({ id, attemptId, headCommit: seen }: SelectAttemptRequest) {
    const { task, all } = await this.siblings.of(id);
    const sibling = all.find(({ attempt }) => attempt.id === attemptId);
    if (sibling === undefined)
      throw new HeddleError('ATTEMPT_NOT_FOUND', `The task has no attempt ${attemptId.slice(0, 64)}`, {
        metadata: { id: attemptId.slice(0, 64), taskId: id },
      });
    const headCommit = sibling.change?.headCommit ?? '';
    if (seen !== '' && seen !== headCommit)
      throw new HeddleError('CHANGE_MOVED', `The attempt has moved on since: its head is ${headCommit}`, {
        metadata: { id: attemptId, headCommit, seen: seen.slice(0, 64) },
      });
    return { ranking: await this.rankings.get(id), headCommit, repositoryId: task.repositoryId };
  }
}
