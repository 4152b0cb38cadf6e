import { showPath } from '@heddle/git';
import type { AnchorPlace } from './anchor-places.js';
import type { CommentEntity } from './comment.entity.js';

/** A thread as its comments stand, with the place of what it is about. */
export interface OpenThread {
  readonly thread: Pick<CommentEntity, 'path' | 'side' | 'quote'>;
  /** In their order, the deleted ones left out. */
  readonly comments: readonly Pick<CommentEntity, 'text'>[];
  /** Absent where it is about the change as a whole, and where the reviewer may not know. */
  readonly place: AnchorPlace | undefined;
}

/** A turn's message has room for more, and an agent's attention for less. */
const MAX_BYTES = 96 * 1024;

/**
 * What an agent is told of a review: the verdict's comment and the open threads, each with where it is in the tree that the
 * agent goes on with, the lines as they were, and what was said. What does not fit is counted, never cut in the middle.
 */
export function messageOf(comment: string, threads: readonly OpenThread[]): string {
  const parts = comment.trim() === '' ? [] : [comment];
  if (threads.length > 0) parts.push('Open comments of the review:');
  let size = 0;
  for (const [index, thread] of threads.entries()) {
    const text = `${String(index + 1)}. ${threadText(thread)}`;
    size += Buffer.byteLength(text);
    if (size > MAX_BYTES) {
      parts.push(`${String(threads.length - index)} more comments are not shown here.`);
      break;
    }
    parts.push(text);
  }
  return parts.join('\n\n');
}

function threadText({ thread, comments, place }: OpenThread): string {
  const quote = thread.quote === '' ? [] : thread.quote.split('\n').map((line) => `> ${line}`);
  const said = comments.map(({ text }) => text.replaceAll('\n', '\n   '));
  return [`${placeText(thread, place)}:`, ...quote, ...said].join('\n   ');
}

function placeText(thread: OpenThread['thread'], place: AnchorPlace | undefined): string {
  if (thread.path === null) return 'The change as a whole';
  if (place === undefined) return showPath(thread.path).path;
  const { path } = showPath(place.path);
  if (place.state === 'OUTDATED') return `${path} (what this is about is not there any more)`;
  const { startLine, endLine } = place;
  const lines = startLine === 0 ? '' : `:${String(startLine)}${endLine === startLine ? '' : `-${String(endLine)}`}`;
  return `${path}${lines}${thread.side === 'OLD' && startLine > 0 ? ' (before the change)' : ''}`;
}
