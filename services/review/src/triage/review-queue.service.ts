import { Injectable } from '@nestjs/common';
import type { ListChangesRequest, ListChangesResponse, ReviewLoad } from '@heddle/contracts';
import { fieldInvalid, inTriageOrder, isOverBacklogLimit, queuedMinutes } from '@heddle/domain';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { DataSource } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';
import { withChangeFilters, type ChangeFilters } from '../changes/change-filters.js';
import { toChange } from '../changes/change.mapper.js';
import { maySeeFiles } from '../changes/secret-in-change.js';
import { capacityOf, policyOf } from '../policies/review-policy.js';
import { ReviewPolicyEntity } from '../policies/review-policy.entity.js';
import { toTriage, triageOf } from './triage-of.js';

/** More than a person looks at: the newest so many are put into order. */
const MOST_IN_ORDER = 1_000;

/** A rival of what is landing or has landed waits for nobody. */
const UNDECIDED = `NOT EXISTS (SELECT 1 FROM landings AS l WHERE l.task_id = c.task_id AND l.batch_id = c.batch_id
  AND l.state IN ('QUEUED', 'TESTING', 'PUSHING', 'PROPOSED', 'LANDED'))`;

export interface Backlog {
  readonly repositoryId: string;
  readonly queuedMinutes: number;
  readonly limitMinutes: number;
}

/** What waits for reviewers, and in which order it is their turn. */
@Injectable()
export class ReviewQueueService {
  constructor(private readonly dataSource: DataSource) {}

  /** Every page is put into order as of the first one, so that the order does not age between two. */
  async list(request: ListChangesRequest): Promise<ListChangesResponse> {
    if (request.orderBy !== 'triage')
      throw fieldInvalid([{ field: 'order_by', description: 'must be triage, or absent: the newest first' }]);
    const size = pageSize(request.pageSize);
    const { batchId, taskId, repositoryId, reviewStates } = request;
    const filters = { batchId, taskId, repositoryId, states: [...reviewStates].sort(), orderBy: 'triage' };
    const [time, offset] = (decodePageToken(request.pageToken, filters) ?? '').split(' ');
    const now = time ? new Date(Number(time)) : new Date();
    const start = Number(offset ?? '0');
    const ordered = await this.inOrder(request, now);
    const page = ordered.slice(start, start + size);
    const end = start + page.length;
    return {
      changes: page.map(({ row, triage }) =>
        toChange(row, { triage: { ...toTriage(triage, maySeeFiles(row)), priority: triage.priority } }),
      ),
      nextPageToken: end < ordered.length ? encodePageToken(`${String(now.getTime())} ${String(end)}`, filters) : '',
      reviewLoad: repositoryId === '' ? undefined : await this.load(repositoryId),
    };
  }

  /** Of one repository that is known. */
  async load(repositoryId: string): Promise<ReviewLoad> {
    const policy = await policyOf(this.dataSource.manager, repositoryId);
    const waiting = await this.inOrder({ repositoryId, batchId: '', taskId: '', reviewStates: [] }, new Date());
    const minutes = queuedMinutes(waiting.map(({ triage }) => triage));
    return {
      changes: waiting.filter(({ triage }) => triage.route !== 'RETURN_TO_AGENT').length,
      queuedMinutes: minutes,
      capacityMinutes: capacityOf(policy),
      backlogLimitMinutes: policy.backlogLimitMinutes,
      holdsOptionalAttempts: isOverBacklogLimit(minutes, policy.backlogLimitMinutes),
    };
  }

  /** Repositories whose queue is over the limit that their policy sets. */
  async backlogs(): Promise<Backlog[]> {
    const limited = await this.dataSource.manager
      .createQueryBuilder(ReviewPolicyEntity, 'p')
      .where('p.backlog_limit_minutes > 0')
      .getMany();
    const loads = await Promise.all(
      limited.map(async ({ repositoryId }) => ({ repositoryId, load: await this.load(repositoryId) })),
    );
    return loads
      .filter(({ load }) => load.holdsOptionalAttempts)
      .map(({ repositoryId, load }) => ({
        repositoryId,
        queuedMinutes: load.queuedMinutes,
        limitMinutes: load.backlogLimitMinutes,
      }));
  }

  private async inOrder(filters: ChangeFilters, now: Date) {
    const query = this.dataSource.manager
      .createQueryBuilder(ChangeEntity, 'c')
      .orderBy('c.id', 'DESC')
      .limit(MOST_IN_ORDER);
    withChangeFilters(query, filters);
    if (filters.reviewStates.length === 0) query.andWhere(`c.review_state = 'PENDING' AND ${UNDECIDED}`);
    const rows = await query.getMany();
    const triage = await triageOf(this.dataSource.manager, rows, now);
    return inTriageOrder(
      rows.flatMap((row) => {
        const verdict = triage.get(row.id);
        return verdict === undefined ? [] : [{ id: row.id, row, triage: verdict }];
      }),
    );
  }
}
