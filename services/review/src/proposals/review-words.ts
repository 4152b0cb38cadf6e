import type { ForgeRemarkEntity } from './forge-remark.entity.js';

type Told = Pick<ForgeRemarkEntity, 'principal' | 'commentId' | 'verdictId'>;

const MOST_NAMES = 10;
/** As a comment of the platform's own may have. */
const MOST_BYTES = 64 * 1024;

/** Why an agent is not told of what is said; undefined: it will be with the next verdict. */
export type Hindrance = 'ASKED_ALREADY' | 'REJECTED' | 'ROUNDS_USED_UP' | 'TOO_MANY';

const WORDS = {
  ASKED_ALREADY: 'waits: changes are asked for already',
  REJECTED: 'is not passed on: the change is rejected',
  ROUNDS_USED_UP: 'is not passed on: the agent was sent back as often as the queue allows',
  TOO_MANY: 'is not passed on: the change has as many comments as are kept',
} as const satisfies Record<Hindrance, string>;

/** What somebody who looks at a landing learns of its reviews at the forge; empty where nothing waits. */
export function reviewWords(remarks: readonly Told[], hindrance: Hindrance | undefined): string {
  const strangers = [
    ...new Set(remarks.filter(({ commentId }) => commentId === null).map(({ principal }) => principal)),
  ];
  const waiting = remarks.filter(({ commentId, verdictId }) => commentId !== null && verdictId === null).length;
  return [
    ...(waiting > 0 && hindrance !== undefined
      ? [`What was said at the forge (${String(waiting)}) ${WORDS[hindrance]}`]
      : []),
    ...(hindrance === 'TOO_MANY' && waiting === 0 ? [`What was said at the forge ${WORDS.TOO_MANY}`] : []),
    ...(strangers.length > 0
      ? [`What was said by who may not push to the repository is not passed on: ${few(strangers)}`]
      : []),
  ].join('. ');
}

/** A remark as it is kept: what no terminal acts on, no longer than a comment may be. */
export function remarkText(before: string, text: string): string {
  const said = `${before}${text}`
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd')
    .trim();
  const bytes = Buffer.from(said);
  if (bytes.length <= MOST_BYTES) return said;
  // A character that was cut through is left out.
  return `${bytes
    .subarray(0, MOST_BYTES - 4)
    .toString('utf8')
    .replace(/\ufffd$/, '')}…`;
}

/** What a verdict says of itself: whose words they are, and that they come from elsewhere. */
export function askedBy(principals: readonly string[], where: string): string {
  return `In the review of ${where} this was said by ${few([...new Set(principals)])}; change your work by it.`;
}

function few(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return `${names.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`;
}
