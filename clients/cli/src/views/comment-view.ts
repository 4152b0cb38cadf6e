import type { Comment } from '@heddle/sdk';
import { neutralise, oneLine } from '../output/neutralise.js';
import { shortId } from '../output/short-id.js';
import { ago } from '../output/time.js';
import type { ViewOptions } from './view-options.js';

/** A comment and its replies. */
export interface Thread {
  readonly first: Comment;
  readonly replies: readonly Comment[];
}

export function threadsOf(comments: readonly Comment[]): Thread[] {
  return comments
    .filter(({ id, threadId }) => id === threadId)
    .map((first) => ({
      first,
      replies: comments.filter(({ id, threadId }) => threadId === first.id && id !== first.id),
    }));
}

/** Where it is now: `src/a.js:3-4`, `src/a.js`, or nothing for the change as a whole. */
export function threadPlace({ first }: Thread): string {
  const { anchor, position } = first;
  if (anchor === undefined) return '';
  const { path, startLine, endLine } = position ?? anchor;
  const lines = startLine === 0 ? '' : `:${String(startLine)}${endLine === startLine ? '' : `-${String(endLine)}`}`;
  return `${oneLine(path)}${lines}${anchor.side === 'OLD' ? ' (before)' : ''}`;
}

/** The thread with its state, below the lines that it is about. @param quoted its lines as they were are shown too */
export function threadLines(thread: Thread, view: ViewOptions, quoted = false): string[] {
  const { style } = view;
  const { first, replies } = thread;
  const outdated = first.position?.state === 'OUTDATED';
  const state = [
    first.state === 'RESOLVED' ? style.green(`RESOLVED by ${oneLine(first.resolver)}`) : style.yellow(first.state),
    outdated ? style.red('OUTDATED') : '',
  ].filter((word) => word !== '');
  const quote = quoted && first.anchor !== undefined && first.anchor.quote !== '' ? first.anchor.quote.split('\n') : [];
  const body = [
    ...[`${said(first, view)}  ${state.join('  ')}`],
    ...quote.map((line) => style.dim(`> ${neutralise(line)}`)),
    ...text(first, view),
    ...replies.flatMap((reply) => [`↳ ${said(reply, view)}`, ...text(reply, view).map((line) => `  ${line}`)]),
  ];
  return body.map((line) => `${style.yellow('┃')} ${line}`);
}

function said(comment: Comment, { style, now }: ViewOptions): string {
  return `${style.bold(oneLine(comment.principal))} ${style.dim(`${ago(comment.createTime, now)}  ${shortId(comment.id)}`)}`;
}

function text(comment: Comment, { style }: ViewOptions): string[] {
  return comment.deleted ? [style.dim('(deleted)')] : neutralise(comment.text).trimEnd().split('\n');
}

/** All threads of a change, one below the other. */
export function threadList(threads: readonly Thread[], view: ViewOptions): string[] {
  if (threads.length === 0) return ['No comments.'];
  return threads.flatMap((thread, index) => [
    ...(index === 0 ? [] : ['']),
    view.style.bold(threadPlace(thread) || 'The change as a whole'),
    ...threadLines(thread, view, true),
  ]);
}
