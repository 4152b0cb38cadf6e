import { Injectable } from '@nestjs/common';
import type {
  LandingQueue,
  ListLandingQueuesRequest,
  ListLandingQueuesResponse,
  PauseLandingQueueRequest,
  UpdateLandingQueueRequest,
} from '@heddle/contracts';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import { requireId } from '@heddle/platform/ids';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { DataSource, type EntityManager } from 'typeorm';
import { LandingDispatcher } from '../landings/landing-dispatcher.js';
import { LandingQueueEntity } from './landing-queue.entity.js';
import { toLandingQueue } from './landing-queue.mapper.js';
import { lockQueue, queueNotFound, saveQueue } from './queue-rows.js';
import { settingsOf } from './queue-settings.js';

const MAX_MESSAGE = 1_000;

/** The landing queues and what people want of them. */
@Injectable()
export class LandingQueueService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly dispatcher: LandingDispatcher,
  ) {}

  /** @throws HeddleError QUEUE_NOT_FOUND */
  async get(id: string): Promise<LandingQueue> {
    requireId(id, 'QUEUE_NOT_FOUND', 'queue');
    const row = await this.dataSource.manager.findOneBy(LandingQueueEntity, { id });
    if (row === null) throw queueNotFound(id);
    return this.shown(row);
  }

  async list(request: ListLandingQueuesRequest): Promise<ListLandingQueuesResponse> {
    const size = pageSize(request.pageSize);
    const { repositoryId, branch } = request;
    const filters = { repositoryId, branch };
    const after = decodePageToken(request.pageToken, filters);
    const query = this.dataSource.manager
      .createQueryBuilder(LandingQueueEntity, 'q')
      .orderBy('q.id', 'DESC')
      .limit(size + 1);
    if (repositoryId !== '')
      query.andWhere('q.repository_id = :repositoryId', {
        repositoryId: requireId(repositoryId, 'REPOSITORY_NOT_FOUND', 'repository'),
      });
    if (branch !== '') query.andWhere('q.branch = :branch', { branch });
    if (after !== undefined) query.andWhere('q.id < :after', { after });
    const rows = await query.getMany();
    const page = rows.slice(0, size);
    const last = page.at(-1);
    const waiting = await this.waiting(page);
    return {
      queues: page.map((row) => toLandingQueue(row, waiting.get(row.id))),
      nextPageToken: rows.length > size && last !== undefined ? encodePageToken(last.id, filters) : '',
    };
  }

  /** @throws HeddleError QUEUE_NOT_FOUND, VERSION_CONFLICT, FIELD_INVALID */
  async update({ queue: wanted, updateMask }: UpdateLandingQueueRequest): Promise<LandingQueue> {
    if (wanted === undefined) throw fieldInvalid([{ field: 'queue', description: 'is required' }]);
    const settings = settingsOf(wanted, updateMask);
    return this.change(wanted.id, 'queue.updated', (row) => {
      if (wanted.etag !== '' && wanted.etag !== row.revision)
        throw new HeddleError('VERSION_CONFLICT', 'The queue was edited meanwhile; read it again and repeat', {
          metadata: { etag: row.revision },
        });
      Object.assign(row, settings);
      return true;
    });
  }

  /** One that is paused already stays as it is. */
  async pause({ id, message }: PauseLandingQueueRequest): Promise<LandingQueue> {
    if (message.length > MAX_MESSAGE)
      throw fieldInvalid([{ field: 'message', description: `must be at most ${String(MAX_MESSAGE)} characters` }]);
    return this.change(id, 'queue.paused', (row) => {
      if (row.state === 'PAUSED') return false;
      const pausedBy = requestContext.get()?.principal ?? '';
      Object.assign(row, { state: 'PAUSED', message, pausedBy, redTip: null });
      return true;
    });
  }

  async resume(id: string): Promise<LandingQueue> {
    return this.change(id, 'queue.resumed', (row) => {
      if (row.state === 'ACTIVE') return false;
      Object.assign(row, { state: 'ACTIVE', message: '', pausedBy: '', redTip: null });
      return true;
    });
  }

  /** @param edit changes the locked row; false: there was nothing to change */
  private async change(
    id: string,
    type: Parameters<typeof saveQueue>[2],
    edit: (row: LandingQueueEntity) => boolean,
  ): Promise<LandingQueue> {
    const row = await this.dataSource.transaction(async (manager: EntityManager) => {
      const locked = await lockQueue(manager, id);
      if (edit(locked)) await saveQueue(manager, locked, type);
      return locked;
    });
    this.dispatcher.poke();
    return this.shown(row);
  }

  private async shown(row: LandingQueueEntity): Promise<LandingQueue> {
    return toLandingQueue(row, (await this.waiting([row])).get(row.id));
  }

  private async waiting(rows: readonly LandingQueueEntity[]): Promise<ReadonlyMap<string, number>> {
    const counts: { queue_id: string; waiting: string }[] = await this.dataSource.query(
      `SELECT queue_id, count(*) AS waiting FROM landings
       WHERE queue_id = ANY($1) AND state IN ('QUEUED', 'TESTING', 'PUSHING') GROUP BY queue_id`,
      [rows.map(({ id }) => id)],
    );
    return new Map(counts.map((count) => [count.queue_id, Number(count.waiting)]));
  }
}
