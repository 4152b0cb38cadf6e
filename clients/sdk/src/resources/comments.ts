import type { Comment, CreateCommentInput, ListCommentsFilter, UpdateCommentInput } from '../models.js';
import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import { Resource, type ListOptions } from './resource.js';

export class Comments extends Resource {
  /** A new thread, or a reply in one. */
  create(changeId: string, input: CreateCommentInput, options?: CallOptions): Promise<Comment> {
    return this.post(`/v1/changes/${segment(changeId)}/comments`, input, options);
  }

  getById(id: string, options?: CallOptions): Promise<Comment> {
    return this.get(`/v1/comments/${segment(id)}`, {}, options);
  }

  /** Threads in the order in which they were begun, each with its replies behind it. */
  listAll(
    changeId: string,
    filter: ListCommentsFilter = {},
    options?: ListOptions,
  ): AsyncGenerator<Comment, void, undefined> {
    return this.list(`/v1/changes/${segment(changeId)}/comments`, 'comments', filter, options);
  }

  /** For its author; with an `etag`, only as it was read. */
  update(id: string, input: UpdateCommentInput, options?: CallOptions): Promise<Comment> {
    return this.edit(`/v1/comments/${segment(id)}`, input, options);
  }

  /** For its author. */
  delete(id: string, options?: CallOptions): Promise<void> {
    return this.remove(`/v1/comments/${segment(id)}`, options);
  }

  /** The thread that the comment is in; the answer is its first comment. */
  resolve(id: string, options?: CallOptions): Promise<Comment> {
    return this.post(`/v1/comments/${segment(id)}:resolve`, {}, options);
  }

  reopen(id: string, options?: CallOptions): Promise<Comment> {
    return this.post(`/v1/comments/${segment(id)}:reopen`, {}, options);
  }
}
