import { Injectable } from '@nestjs/common';
import {
  Comment,
  CreateCommentRequest,
  ReopenCommentRequest,
  ResolveCommentRequest,
  type DeleteCommentRequest,
  type ListCommentsRequest,
  type ListCommentsResponse,
  type UpdateCommentRequest,
} from '@heddle/contracts';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import { answerOnce } from '@heddle/platform/outbox';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { DataSource, In } from 'typeorm';
import type { ChangeEntity } from '../changes/change.entity.js';
import { ChangeService } from '../changes/change.service.js';
import { AnchorPlaces } from './anchor-places.js';
import { AnchorReader } from './anchor-reader.js';
import { CommentEntity } from './comment.entity.js';
import { toComment } from './comment.mapper.js';
import type { OpenThread } from './open-threads.js';
import {
  findComment,
  insertComment,
  lockComment,
  newComment,
  notFound,
  refuseTooMany,
  saveComment,
  shownComments,
  type CommentInThread,
} from './comment-rows.js';

const MAX_TEXT_BYTES = 64 * 1024;
const METHOD = 'heddle.v1.ChangeService';

/** Threads of comments on changes, each with what it is about. */
@Injectable()
export class CommentService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: ChangeService,
    private readonly anchors: AnchorReader,
    private readonly places: AnchorPlaces,
  ) {}

  async create(request: CreateCommentRequest): Promise<Comment> {
    requireText(request.text, 'text');
    if (request.threadId !== '' && request.anchor !== undefined)
      throw fieldInvalid([
        { field: 'anchor', description: 'must be absent with thread_id: a thread is about one thing' },
      ]);
    return answerOnce(
      this.dataSource,
      {
        method: `${METHOD}/CreateComment`,
        requestId: request.requestId,
        request,
        requestCodec: CreateCommentRequest,
        responseCodec: Comment,
      },
      async () => {
        const change = await this.changes.row(request.changeId);
        const anchor =
          request.threadId === ''
            ? await this.anchors.read(change, request.anchor)
            : await this.threadOf(change, request.threadId);
        return { change, anchor, place: await this.places.of(anchor, change) };
      },
      async (manager, { change, anchor, place }) => {
        await refuseTooMany(manager, change.id);
        const { threadId, text } = request;
        const row = newComment(manager, change, { threadId, text, principal: principal(), anchor });
        const thread = request.threadId === '' ? row : (await lockComment(manager, request.threadId)).thread;
        await insertComment(manager, { row, thread });
        return toComment(row, thread, place);
      },
    );
  }

  /** @throws HeddleError COMMENT_NOT_FOUND, also of a deleted one */
  async get(id: string): Promise<Comment> {
    const found = await findComment(this.dataSource.manager, id);
    if (found.row.deleted) throw notFound(id);
    return this.shown(found);
  }

  async list(request: ListCommentsRequest): Promise<ListCommentsResponse> {
    const size = pageSize(request.pageSize);
    const change = await this.changes.row(request.changeId);
    const filters = { changeId: change.id, states: [...request.states].sort() };
    const after = decodePageToken(request.pageToken, filters);
    const { manager } = this.dataSource;
    const query = shownComments(manager, change.id).limit(size + 1);
    if (request.states.length > 0) {
      query.andWhere('EXISTS (SELECT 1 FROM comments t WHERE t.id = c.thread_id AND t.state IN (:...states))', {
        states: request.states,
      });
    }
    if (after !== undefined) {
      const [threadId, id] = after.split(' ');
      query.andWhere('(c.thread_id, c.id) > (:threadId::uuid, :id::uuid)', { threadId, id });
    }
    const rows = await query.getMany();
    const page = rows.slice(0, size);
    const last = page.at(-1);
    return {
      comments: await this.inPlace(page, change),
      nextPageToken:
        rows.length > size && last !== undefined ? encodePageToken(`${last.threadId} ${last.id}`, filters) : '',
    };
  }

  /** The threads that are not resolved, for who goes on with the change. @param only those that begin with one of these */
  async openThreads(change: ChangeEntity, only?: ReadonlySet<string>): Promise<OpenThread[]> {
    const rows = await shownComments(this.dataSource.manager, change.id).getMany();
    const threads = rows.filter(
      (row) => row.id === row.threadId && row.state === 'OPEN' && (only === undefined || only.has(row.id)),
    );
    const open: OpenThread[] = [];
    for (const thread of threads) {
      const comments = rows.filter((row) => row.threadId === thread.id && !row.deleted);
      open.push({ thread, comments, place: await this.places.of(thread, change) });
    }
    return open;
  }

  async update(request: UpdateCommentRequest): Promise<Comment> {
    const wanted = request.comment;
    if (wanted === undefined) throw fieldInvalid([{ field: 'comment', description: 'is required' }]);
    const others = (request.updateMask ?? []).filter((path) => path !== 'text' && path !== 'etag');
    if (others.length > 0)
      throw fieldInvalid([{ field: 'update_mask', description: `may name only text: ${others.join(', ')}` }]);
    requireText(wanted.text, 'comment.text');
    await this.dataSource.transaction(async (manager) => {
      const found = await lockComment(manager, wanted.id);
      if (found.row.deleted) throw notFound(wanted.id);
      requireAuthor(found.row);
      requireEtag(found.row, wanted.etag);
      if (found.row.text === wanted.text) return;
      found.row.text = wanted.text;
      await saveComment(manager, found, 'updated');
    });
    return this.get(wanted.id);
  }

  async delete(request: DeleteCommentRequest): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const found = await lockComment(manager, request.id);
      requireAuthor(found.row);
      if (found.row.deleted) return;
      requireEtag(found.row, request.etag);
      found.row.deleted = true;
      found.row.text = '';
      await saveComment(manager, found, 'deleted');
    });
  }

  /** The thread; what is so already stays as it is. */
  async resolve(request: ResolveCommentRequest): Promise<Comment> {
    const call = { method: `${METHOD}/ResolveComment`, requestCodec: ResolveCommentRequest, request };
    return this.turn(call, 'RESOLVED');
  }

  async reopen(request: ReopenCommentRequest): Promise<Comment> {
    const call = { method: `${METHOD}/ReopenComment`, requestCodec: ReopenCommentRequest, request };
    return this.turn(call, 'OPEN');
  }

  private async turn(
    call: { method: string; requestCodec: typeof ResolveCommentRequest; request: ResolveCommentRequest },
    state: CommentEntity['state'],
  ): Promise<Comment> {
    return answerOnce(
      this.dataSource,
      { ...call, requestId: call.request.requestId, responseCodec: Comment },
      async () => {
        const { thread } = await findComment(this.dataSource.manager, call.request.id);
        return { id: thread.id, place: await this.places.of(thread, await this.changes.row(thread.changeId)) };
      },
      async (manager, { id, place }) => {
        const { thread } = await lockComment(manager, id);
        if (thread.state !== state) {
          const resolved = state === 'RESOLVED';
          thread.state = state;
          thread.resolver = resolved ? principal() : '';
          thread.resolveTime = resolved ? new Date() : null;
          await saveComment(manager, { row: thread, thread }, resolved ? 'resolved' : 'reopened');
        }
        return toComment(thread, thread, place);
      },
    );
  }

  /** @throws HeddleError FIELD_INVALID where it is the id of no thread of the change */
  private async threadOf(change: ChangeEntity, threadId: string): Promise<CommentEntity> {
    const { thread } = await findComment(this.dataSource.manager, threadId);
    if (thread.changeId !== change.id || thread.id !== threadId)
      throw fieldInvalid([{ field: 'thread_id', description: 'is no thread of the change' }]);
    return thread;
  }

  private async shown({ row, thread }: CommentInThread): Promise<Comment> {
    const change = await this.changes.row(row.changeId);
    return toComment(row, thread, await this.places.of(thread, change));
  }

  private async inPlace(rows: readonly CommentEntity[], change: ChangeEntity): Promise<Comment[]> {
    const ids = [...new Set(rows.map((row) => row.threadId))];
    const threads = await this.dataSource.manager.findBy(CommentEntity, { id: In(ids) });
    const comments: Comment[] = [];
    for (const row of rows) {
      const thread = threads.find((each) => each.id === row.threadId) ?? row;
      comments.push(toComment(row, thread, await this.places.of(thread, change)));
    }
    return comments;
  }
}

function principal(): string {
  return requestContext.get()?.principal ?? '';
}

function requireText(text: string, field: string): void {
  if (text.trim() === '' || Buffer.byteLength(text) > MAX_TEXT_BYTES)
    throw fieldInvalid([{ field, description: 'must be 1 byte to 64 KiB, and not blank' }]);
}

function requireAuthor(row: CommentEntity): void {
  if (row.principal === principal()) return;
  throw new HeddleError(
    'NOT_AUTHOR',
    'Only its author edits or deletes a comment: reply to it, or resolve its thread',
    {
      metadata: { id: row.id },
    },
  );
}

function requireEtag(row: CommentEntity, etag: string): void {
  if (etag === '' || etag === row.revision) return;
  throw new HeddleError('VERSION_CONFLICT', 'The comment was edited meanwhile; read it again and repeat', {
    metadata: { etag: row.revision },
  });
}
