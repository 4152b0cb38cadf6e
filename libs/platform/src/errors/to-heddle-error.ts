import { randomUUID } from 'node:crypto';
import { HeddleError } from '@heddle/domain';
import { unavailableReason } from './unavailable.js';

const AWAY_MESSAGES: Readonly<Record<string, string>> = {
  DATABASE_UNAVAILABLE: 'The database is not reachable',
  STREAM_UNAVAILABLE: 'The event stream is not reachable',
  WORKFLOWS_UNAVAILABLE: 'The workflow server is not reachable',
};

/**
 * What a door may say of any error: a HeddleError as it is, an absent server by its reason, all else `INTERNAL`
 * with an `errorId` in its metadata. The caller logs the cause of `INTERNAL` under that id; the client never sees it.
 */
export function toHeddleError(error: unknown): HeddleError {
  if (HeddleError.is(error)) return error;
  const away = unavailableReason(error);
  if (away !== undefined)
    return new HeddleError(away, AWAY_MESSAGES[away] ?? 'A server that is needed is not reachable', { cause: error });
  const errorId = randomUUID();
  return new HeddleError('INTERNAL', `An internal error occurred; the log has it as ${errorId}`, {
    metadata: { errorId },
    cause: error,
  });
}
