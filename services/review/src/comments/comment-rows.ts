import { HeddleError } from '@heddle/domain';
import { newId, requireId } from '@heddle/platform/ids';
import { appendEvent } from '@heddle/platform/outbox';
import { In, type EntityManager, type SelectQueryBuilder } from 'typeorm';
import type { ChangeEntity } from '../changes/change.entity.js';
import { CommentEntity, type StoredAnchor } from './comment.entity.js';
import { commentJson } from './comment.mapper.js';

/** A comment and the first of its thread, which may be itself. */
export interface CommentInThread {
  readonly row: CommentEntity;
  readonly thread: CommentEntity;
}

/** They are read together where an agent is told of them. */
const MAX_COMMENTS = 1_000;

/** Deleted ones are there only as the head of replies. */
const SHOWN = `(NOT c.deleted OR (c.id = c.thread_id AND EXISTS (
  SELECT 1 FROM comments r WHERE r.thread_id = c.id AND NOT r.deleted)))`;

export function shownComments(manager: EntityManager, changeId: string): SelectQueryBuilder<CommentEntity> {
  return manager
    .createQueryBuilder(CommentEntity, 'c')
    .where('c.change_id = :changeId', { changeId })
    .andWhere(SHOWN)
    .orderBy('c.thread_id', 'ASC')
    .addOrderBy('c.id', 'ASC');
}

/** @throws HeddleError COMMENT_NOT_FOUND */
export async function findComment(manager: EntityManager, id: string): Promise<CommentInThread> {
  requireId(id, 'COMMENT_NOT_FOUND', 'comment');
  const row = await manager.findOneBy(CommentEntity, { id });
  const thread = row === null ? null : await manager.findOneBy(CommentEntity, { id: row.threadId });
  if (row === null || thread === null) throw notFound(id);
  return { row, thread };
}

/** Both rows locked, the thread's first. @throws HeddleError COMMENT_NOT_FOUND */
export async function lockComment(manager: EntityManager, id: string): Promise<CommentInThread> {
  const { row } = await findComment(manager, id);
  const locked = await manager.find(CommentEntity, {
    where: { id: In([row.id, row.threadId]) },
    order: { id: 'ASC' },
    lock: { mode: 'pessimistic_write' },
  });
  const of = (wanted: string): CommentEntity => {
    const found = locked.find((each) => each.id === wanted);
    if (found === undefined) throw notFound(wanted);
    return found;
  };
  return { row: of(row.id), thread: of(row.threadId) };
}

/** Saves the row with its next revision and its event. */
export async function saveComment(
  manager: EntityManager,
  { row, thread }: CommentInThread,
  what: 'updated' | 'deleted' | 'resolved' | 'reopened',
): Promise<void> {
  row.updateTime = new Date();
  row.revision = String(BigInt(row.revision) + 1n);
  await manager.update(CommentEntity, { id: row.id }, row);
  await tell(manager, { row, thread }, what);
}

/** @param said its `threadId` is empty of one that begins a thread, which alone has an anchor */
export function newComment(
  manager: EntityManager,
  change: Pick<ChangeEntity, 'id' | 'batchId'>,
  said: Pick<CommentEntity, 'threadId' | 'text' | 'principal'> & { readonly anchor: StoredAnchor },
): CommentEntity {
  const now = new Date();
  const id = newId();
  const { path, side, startLine, endLine, quote, headCommit, baseCommit } = said.anchor;
  const own = { path, side, startLine, endLine, quote, headCommit, baseCommit };
  return manager.create(CommentEntity, {
    ...(said.threadId === '' ? own : {}),
    id,
    threadId: said.threadId === '' ? id : said.threadId,
    changeId: change.id,
    batchId: change.batchId,
    text: said.text,
    principal: said.principal,
    deleted: false,
    state: 'OPEN',
    resolver: '',
    createTime: now,
    updateTime: now,
    revision: '1',
  });
}

/** @throws HeddleError QUOTA_EXCEEDED */
export async function refuseTooMany(manager: EntityManager, changeId: string): Promise<void> {
  if ((await manager.countBy(CommentEntity, { changeId })) < MAX_COMMENTS) return;
  throw new HeddleError('QUOTA_EXCEEDED', `The change has ${String(MAX_COMMENTS)} comments; more are not kept`, {
    metadata: { id: changeId, limit: String(MAX_COMMENTS) },
  });
}

export async function insertComment(manager: EntityManager, { row, thread }: CommentInThread): Promise<void> {
  await manager.insert(CommentEntity, row);
  await tell(manager, { row, thread }, 'created');
}

function tell(manager: EntityManager, { row, thread }: CommentInThread, what: string): Promise<void> {
  return appendEvent(manager, {
    aggregate: 'comment',
    id: row.id,
    version: row.revision,
    type: `comment.${what}`,
    data: commentJson(row, thread),
  });
}

export function notFound(id: string): HeddleError {
  return new HeddleError('COMMENT_NOT_FOUND', `There is no comment ${id}`, { metadata: { id } });
}
