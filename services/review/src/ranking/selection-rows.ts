import { Injectable } from '@nestjs/common';
import { Ranking_Outcome, type Ranking_Accuracy, type Ranking_Selection, type Task } from '@heddle/contracts';
import { wilsonInterval } from '@heddle/domain';
import { DataSource, type EntityManager } from 'typeorm';
import type { Selected } from './ranking.mapper.js';
import { SelectionEntity } from './selection.entity.js';

/** What people picked, and how often that was what was ranked first. */
@Injectable()
export class SelectionRows {
  constructor(private readonly dataSource: DataSource) {}

  async of(
    task: Pick<Task, 'id' | 'repositoryId'>,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Selected> {
    const last = await manager.findOne(SelectionEntity, { where: { taskId: task.id }, order: { id: 'DESC' } });
    return {
      selection: last === null ? undefined : toSelection(last),
      accuracy: await accuracyIn(manager, task.repositoryId),
    };
  }
}

/** Of each task the last pick, where the ranking had a winner. */
async function accuracyIn(manager: EntityManager, repositoryId: string): Promise<Ranking_Accuracy> {
  const [row]: { picks: string; agreed: string }[] = await manager.query(
    `SELECT count(*) AS picks, count(*) FILTER (WHERE rank = 1) AS agreed FROM (
       SELECT DISTINCT ON (task_id) outcome, rank FROM selections WHERE repository_id = $1 ORDER BY task_id, id DESC
     ) AS last WHERE outcome = 'WINNER'`,
    [repositoryId],
  );
  const [picks, agreed] = [Number(row?.picks ?? 0), Number(row?.agreed ?? 0)];
  return { picks, agreed, ...wilsonInterval(agreed, picks) };
}

function toSelection(row: SelectionEntity): Ranking_Selection {
  const { attemptId, headCommit, principal, comment, rank, outcome, selectTime } = row;
  return { attemptId, headCommit, principal, comment, rank, outcome: Ranking_Outcome[outcome], selectTime };
}
