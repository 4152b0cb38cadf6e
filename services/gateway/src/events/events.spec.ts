import { describe, expect, it } from '@jest/globals';
import { eventFilter } from './event-filter.js';
import { formatCursor, parseCursor } from './event-cursor.js';

describe('cursors', () => {
  const stream = { epoch: 'abc', first: 10, last: 20 };

  it.each([9, 10, 15, 20])('hold at %i', (sequence) => {
    expect(parseCursor(formatCursor({ epoch: 'abc', sequence }), stream)).toEqual({ epoch: 'abc', sequence });
  });

  it.each(['abc:8', 'abc:21', 'xyz:15', '', 'abc', 'abc:', 'abc:-1', 'abc:1e3', "abc:15'", 'abc:99999999999999999999'])(
    'expire: %s',
    (text) => {
      expect(() => parseCursor(text, stream)).toThrow(expect.objectContaining({ reason: 'CURSOR_EXPIRED' }));
    },
  );
});

describe('eventFilter', () => {
  const event = (type: string, data: Record<string, Record<string, string>>, subject = 'x/1') => ({
    type: `heddle.v1.${type}`,
    subject,
    data,
  });

  it('takes all without conditions', () => {
    expect(eventFilter({ types: [], batchId: '' }).matches(event('attempt.queued', {}))).toBe(true);
  });

  it('takes types as they are, and all below a word', () => {
    const filter = eventFilter({ types: ['attempt.queued', 'change.*', 'heddle.v1.task.failed'], batchId: '' });
    expect(['attempt.queued', 'change.updated', 'task.failed'].every((type) => filter.matches(event(type, {})))).toBe(
      true,
    );
    expect(['attempt.running', 'changes.updated', 'task.queued'].some((type) => filter.matches(event(type, {})))).toBe(
      false,
    );
  });

  it('takes what belongs to a batch', () => {
    const filter = eventFilter({ types: [], batchId: 'b1' });
    expect(filter.matches(event('attempt.queued', { attempt: { batchId: 'b1' } }))).toBe(true);
    expect(filter.matches(event('batch.queued', { batch: { id: 'b1' } }, 'batches/b1'))).toBe(true);
    expect(filter.matches(event('attempt.queued', { attempt: { batchId: 'b2' } }))).toBe(false);
  });

  it('refuses a type that can never come', () => {
    expect(() => eventFilter({ types: ['attempt.queued', '*', 'a.b.c'], batchId: '' })).toThrow(
      expect.objectContaining({
        reason: 'FIELD_INVALID',
        violations: [expect.objectContaining({ field: 'types[1]' }), expect.objectContaining({ field: 'types[2]' })],
      }),
    );
  });
});
