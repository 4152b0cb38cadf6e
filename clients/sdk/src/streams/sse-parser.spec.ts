import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SseParser, type SseFrame } from './sse-parser.js';

function parse(text: string): SseFrame[] {
  return new SseParser().push(Buffer.from(text, 'utf8'));
}

describe('SseParser', () => {
  it('reads id, event and data, and joins data lines', () => {
    expect(parse('id: 7\nevent: failure\ndata: a\ndata: b\n\n')).toEqual([{ event: 'failure', data: 'a\nb', id: '7' }]);
  });

  it('calls an event without a name message and keeps the last id', () => {
    expect(parse('id: 1\ndata: a\n\ndata: b\n\n')).toEqual([
      { event: 'message', data: 'a', id: '1' },
      { event: 'message', data: 'b', id: '1' },
    ]);
  });

  it('gives no frame for comments and blank lines', () => {
    expect(parse(': still here\n\n\n: again\n')).toEqual([]);
  });

  it('gives a frame without data where only the cursor moves', () => {
    expect(parse('id: e1:42\n\n')).toEqual([{ event: 'message', data: undefined, id: 'e1:42' }]);
  });

  it('gives a named event without data', () => {
    expect(parse('event: end\n\n')).toEqual([{ event: 'end', data: undefined, id: '' }]);
  });

  it('takes off one space after the colon, and only one', () => {
    expect(parse('data:  x\n\ndata:y\n\n').map((frame) => frame.data)).toEqual([' x', 'y']);
  });

  it('ignores ids with NUL, unknown fields and a byte order mark', () => {
    expect(parse('\uFEFFid: a\0b\nretry: 5\nfuture: x\ndata: z\n\n')).toEqual([
      { event: 'message', data: 'z', id: '' },
    ]);
  });

  it('keeps an unfinished frame back until its blank line comes', () => {
    const parser = new SseParser();
    expect(parser.push(Buffer.from('data: a\n'))).toEqual([]);
    expect(parser.push(Buffer.from('\n'))).toHaveLength(1);
  });

  it('gives the same frames wherever the bytes are cut, with any line ending', () => {
    const frame = fc.record({
      id: fc.stringMatching(/^[a-z0-9:]{0,6}$/),
      event: fc.constantFrom('', 'end', 'failure'),
      lines: fc.array(
        fc.string({ unit: 'binary' }).map((text) => text.replace(/[\r\n]/g, '')),
        { minLength: 1, maxLength: 3 },
      ),
      ending: fc.constantFrom('\n', '\r\n', '\r'),
      comment: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 20 }), (frames, cuts) => {
        const bytes = Buffer.from(frames.map(render).join(''), 'utf8');
        const whole = new SseParser().push(bytes);
        const parser = new SseParser();
        const pieces = cut(bytes, cuts).flatMap((piece) => parser.push(piece));
        expect(pieces).toEqual(whole);
        expect(whole.map(({ data }) => data)).toEqual(frames.map(({ lines }) => lines.map(wellFormed).join('\n')));
      }),
    );
  });
});

interface Sample {
  readonly id: string;
  readonly event: string;
  readonly lines: readonly string[];
  readonly ending: string;
  readonly comment: boolean;
}

function render({ id, event, lines, ending, comment }: Sample): string {
  const fields = [
    ...(comment ? [': keep-alive'] : []),
    ...(id === '' ? [] : [`id: ${id}`]),
    ...(event === '' ? [] : [`event: ${event}`]),
    ...lines.map((line) => `data: ${line}`),
  ];
  return fields.map((field) => field + ending).join('') + ending;
}

/** UTF-8 has no lone surrogates: they arrive as the replacement character. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [...new Set(cuts.map((value) => value % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...at, bytes.length].map((end, index) => bytes.subarray(at[index - 1] ?? 0, end));
}
