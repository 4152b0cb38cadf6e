import type { Comment } from '@heddle/sdk';
import type { Session } from '../../session.js';
import { threadList, threadsOf } from '../../views/comment-view.js';

/** @param comments whole threads, or one comment by itself */
export function showThread({ out, now }: Session, comments: readonly Comment[]): void {
  const [first] = comments;
  if (out.json) {
    out.document(comments.length === 1 ? first : { comments });
    return;
  }
  const alone = comments.length === 1 && first !== undefined ? [{ first, replies: [] }] : threadsOf(comments);
  out.lines(threadList(alone, { style: out.style, columns: out.columns, now: now() }));
}
