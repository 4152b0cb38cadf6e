import type { LandingEntity } from './landing.entity.js';

/** Words in a commit message that make hosts act: skip a pipeline, close an issue. */
const SKIP_CI = /\[(?:skip[ -]ci|ci[ -]skip|no[ -]ci|skip[ -]actions|actions[ -]skip)\]|\*\*\*NO_CI\*\*\*/gi;
const CLOSING =
  /\b(close[sd]?|fix(?:e[sd])?|resolve[sd]?)(\s*:?\s+)(?=(?:[\w.-]+\/[\w.-]+)?#\d+|https?:\/\/\S+\/(?:issues|pull|merge_requests)\/)/gi;
const SUBJECT_LENGTH = 100;

type Described = Pick<LandingEntity, 'id' | 'title' | 'taskId' | 'attemptId' | 'revertsId' | 'baseCommit'>;

/**
 * Message of a commit that lands a change. Its trailers are how a landing is found again after a lost answer.
 * @param part which of several commits it is, behind the subject
 */
export function landingMessage(landing: Described, part = ''): string {
  const trailers = [
    ...originTrailers(landing),
    `Heddle-Landing: ${landing.id}`,
    ...(landing.revertsId === null ? [] : [`Heddle-Reverts: ${landing.revertsId}`]),
  ];
  const body = landing.revertsId === null ? [] : [`This reverts commit ${landing.baseCommit}.`, ''];
  return [`${subject(landing.title)}${part}`, '', ...body, ...trailers, ''].join('\n');
}

/** Message of a commit of a change that nobody lands. */
export function changeMessage(change: Pick<Described, 'title' | 'taskId' | 'attemptId'>, part = ''): string {
  return [`${subject(change.title)}${part}`, '', ...originTrailers(change), ''].join('\n');
}

function originTrailers({ taskId, attemptId }: Pick<Described, 'taskId' | 'attemptId'>): string[] {
  return [`Heddle-Task: ${taskId}`, `Heddle-Attempt: ${attemptId}`];
}

export const LANDING_TRAILER = 'Heddle-Landing';

/** A title as one line that makes no host act and is no trailer; for the message of a commit that may reach a remote. */
export function subject(title: string): string {
  const line = title
    .replaceAll(/[\u0000-\u001f\u007f]+/g, ' ')
    .replaceAll(SKIP_CI, '')
    .replaceAll(CLOSING, 'see ')
    .replaceAll(/\s+/g, ' ')
    .replace(/^Heddle-\w+:\s*/i, '')
    .trim();
  if (line === '') return 'Land a change';
  return line.length > SUBJECT_LENGTH ? `${line.slice(0, SUBJECT_LENGTH - 1)}…` : line;
}
