import { Comment, Comment_Position_State, Comment_Side, Comment_State, type Comment_Position } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import { showPath } from '@heddle/git';
import type { AnchorPlace } from './anchor-places.js';
import type { CommentEntity } from './comment.entity.js';

/** @param thread the first comment of its thread; @param place where that is now, as far as the reader may know */
export function toComment(row: CommentEntity, thread: CommentEntity, place?: AnchorPlace): Comment {
  return {
    id: row.id,
    changeId: row.changeId,
    batchId: row.batchId,
    threadId: row.threadId,
    text: row.text,
    principal: row.principal,
    state: Comment_State[thread.state],
    ...(thread.path === null ? {} : { anchor: toAnchor(thread, thread.path) }),
    ...(place === undefined ? {} : { position: toPosition(place) }),
    resolver: thread.resolver,
    resolveTime: thread.resolveTime ?? undefined,
    deleted: row.deleted,
    createTime: row.createTime,
    updateTime: row.updateTime,
    etag: row.revision,
    revision: row.revision,
  };
}

/** What events say of a comment: all but where its anchor is now. */
export function commentJson(row: CommentEntity, thread: CommentEntity): unknown {
  return toCanonicalJson('heddle.v1.Comment', Comment, toComment(row, thread));
}

function toAnchor(thread: CommentEntity, path: Buffer): Comment['anchor'] {
  return {
    ...showPath(path),
    headCommit: thread.headCommit,
    side: thread.side === '' ? Comment_Side.SIDE_UNSPECIFIED : Comment_Side[thread.side],
    startLine: thread.startLine,
    endLine: thread.endLine,
    quote: thread.quote,
  };
}

function toPosition(place: AnchorPlace): Comment_Position {
  return {
    ...showPath(place.path),
    state: Comment_Position_State[place.state],
    startLine: place.startLine,
    endLine: place.endLine,
  };
}
