import { v7, validate } from 'uuid';
import { HeddleError, type Reason } from '@heddle/domain';

/** UUIDv7: ids sort by time of making. */
export function newId(): string {
  return v7();
}

export function isId(text: string): boolean {
  return validate(text);
}

/** An id that is no UUID names nothing. @throws HeddleError with `reason` */
export function requireId(id: string, reason: Reason, noun: string): string {
  if (!validate(id))
    throw new HeddleError(reason, `No ${noun} has this id: ${id || '(none was given)'}`, { metadata: { id } });
  return id;
}
