import type { ListChangesRequest } from '@heddle/contracts';
import { requireId } from '@heddle/platform/ids';
import type { SelectQueryBuilder } from 'typeorm';
import type { ChangeEntity } from './change.entity.js';

export type ChangeFilters = Pick<ListChangesRequest, 'batchId' | 'taskId' | 'repositoryId' | 'reviewStates'>;

/** @param query of changes as `c` */
export function withChangeFilters(
  query: SelectQueryBuilder<ChangeEntity>,
  { batchId, taskId, repositoryId, reviewStates }: ChangeFilters,
): void {
  if (batchId !== '')
    query.andWhere('c.batch_id = :batchId', { batchId: requireId(batchId, 'BATCH_NOT_FOUND', 'batch') });
  if (taskId !== '') query.andWhere('c.task_id = :taskId', { taskId: requireId(taskId, 'TASK_NOT_FOUND', 'task') });
  if (repositoryId !== '') {
    query.andWhere('c.repository_id = :repositoryId', {
      repositoryId: requireId(repositoryId, 'REPOSITORY_NOT_FOUND', 'repository'),
    });
  }
  if (reviewStates.length > 0) query.andWhere('c.review_state IN (:...states)', { states: reviewStates });
}
