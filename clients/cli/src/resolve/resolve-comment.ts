import type { Comment } from '@heddle/sdk';
import { CliError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import { matchId } from './match-id.js';

/** The comment of a change that is meant by its id, or the beginning or end of one. @throws {CliError} NOT_FOUND or AMBIGUOUS */
export function pickComment(comments: readonly Comment[], text: string): Comment {
  const ids = matchId(
    comments.map(({ id }) => id),
    text,
  );
  const found = comments.find(({ id }) => id === ids[0]);
  if (found === undefined) {
    throw new CliError(EXIT.refused, 'NOT_FOUND', `The change has no comment ${text}`, {
      hint: 'See what there is: heddle comment ls',
    });
  }
  if (ids.length > 1)
    throw new CliError(EXIT.refused, 'AMBIGUOUS', `${text} fits more than one: ${ids.join(', ')}`, {
      hint: 'Give more of the id.',
    });
  return found;
}
