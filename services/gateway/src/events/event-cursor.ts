import { HeddleError } from '@heddle/domain';

/** A reader's place among all events: valid in one life of the stream only. */
export interface EventCursor {
  readonly epoch: string;
  readonly sequence: number;
}

export function formatCursor({ epoch, sequence }: EventCursor): string {
  return `${epoch}:${sequence}`;
}

/**
 * @param stream the stream as it is now: its epoch, and the oldest and newest sequence it knows of
 * @throws HeddleError CURSOR_EXPIRED with how to go on, also for a text that never was a cursor
 */
export function parseCursor(
  text: string,
  stream: { readonly epoch: string; readonly first: number; readonly last: number },
): EventCursor {
  const [, epoch, digits] = /^([0-9a-z]+):(\d{1,15})$/.exec(text) ?? [];
  const sequence = Number(digits);
  const isKnown = epoch === stream.epoch && sequence >= stream.first - 1 && sequence <= stream.last;
  if (epoch === undefined || !isKnown) {
    throw new HeddleError(
      'CURSOR_EXPIRED',
      'Events after this cursor are no longer kept: open the stream without a cursor, then list the resources and drop what is not newer',
      {
        metadata: { cursor: text.slice(0, 64) },
      },
    );
  }
  return { epoch, sequence };
}
