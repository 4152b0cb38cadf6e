import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LogLine, LogLine_Phase, LogLine_Stream, StreamLogsRequest } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import { RecordSequence, type FreshRecords } from './record-sequence.js';
import { lineJson } from './line-json.js';
import { lineFilter } from './log-filter.js';

function line(sequence: number, more: Partial<LogLine> = {}): LogLine {
  return LogLine.fromPartial({
    sequence: String(sequence),
    stream: LogLine_Stream.STDOUT,
    phase: LogLine_Phase.AGENT,
    text: `line ${sequence}`,
    ...more,
  });
}

function batch(first: number, last: number) {
  const lines = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => line(first + index));
  return { first: String(first), last: String(last), lines, activities: [] };
}

const numbers = ({ lines }: Pick<FreshRecords, 'lines'>) => lines.map((each) => Number(each.sequence));

describe('RecordSequence', () => {
  it('gives each line once, whatever is repeated or cut anew', () => {
    const sequence = new RecordSequence(0);
    expect(numbers(sequence.take(batch(1, 3)))).toEqual([1, 2, 3]);
    expect(numbers(sequence.take(batch(1, 3)))).toEqual([]);
    expect(numbers(sequence.take(batch(2, 5)))).toEqual([4, 5]);
    expect(numbers(sequence.take(batch(6, 5)))).toEqual([]);
    expect(numbers(sequence.take(batch(1, 2)))).toEqual([]);
    expect(numbers(sequence.take(batch(3, 6)))).toEqual([6]);
  });

  it('begins after the cursor', () => {
    expect(numbers(new RecordSequence(4).take(batch(1, 6)))).toEqual([5, 6]);
  });

  it('never passes over a gap', () => {
    const sequence = new RecordSequence(2);
    expect(() => sequence.take(batch(5, 6))).toThrow(
      expect.objectContaining({ reason: 'CURSOR_EXPIRED', metadata: { firstSequence: '5' } }),
    );
  });
});

describe('lineFilter', () => {
  it('is absent without a condition', () => {
    expect(lineFilter(StreamLogsRequest.fromPartial({ id: 'a' }))).toBeUndefined();
  });

  it('takes lines that fulfil all conditions', () => {
    const wanted = lineFilter(
      StreamLogsRequest.fromPartial({ streams: [LogLine_Stream.STDERR], phases: [LogLine_Phase.CHECK], check: 'unit' }),
    );
    expect(wanted?.(line(1, { stream: LogLine_Stream.STDERR, phase: LogLine_Phase.CHECK, check: 'unit' }))).toBe(true);
    expect(wanted?.(line(1, { stream: LogLine_Stream.STDERR, phase: LogLine_Phase.CHECK, check: 'lint' }))).toBe(false);
    expect(wanted?.(line(1, { phase: LogLine_Phase.CHECK, check: 'unit' }))).toBe(false);
  });
});

describe('lineJson', () => {
  it('is the canonical JSON of a line', () => {
    const anyLine = fc.record({
      sequence: fc.nat().map(String),
      time: fc.option(fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }), {
        nil: undefined,
      }),
      stream: fc.constantFrom(...Object.values(LogLine_Stream)),
      phase: fc.constantFrom(...Object.values(LogLine_Phase)),
      check: fc.string(),
      text: fc.string({ unit: 'binary' }),
      raw: fc.option(
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        { nil: undefined },
      ),
    });
    fc.assert(
      fc.property(anyLine, (fields) => {
        const message: LogLine = fields;
        expect(JSON.parse(lineJson(message))).toEqual(toCanonicalJson('heddle.v1.LogLine', LogLine, message));
      }),
    );
  });
});
