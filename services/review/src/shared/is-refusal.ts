import { HeddleError } from '@heddle/domain';

/** What is refused now is refused the next time; anything else may go better then. */
export function isRefusal(error: unknown): error is HeddleError {
  return HeddleError.is(error) && error.entry.retryable !== true && error.entry.http < 500;
}
