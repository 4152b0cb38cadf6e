import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cutText, oneLine, pathInWorkspace } from './cut-text.js';
import { failureClass } from './failure-class.js';
import { parseRecord } from './json-record.js';
import { OpenItems } from './open-items.js';

describe('cutText', () => {
  it('keeps the limit and whole characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(40), (text, limit) => {
        const cut = cutText(text, limit);
        expect(Buffer.byteLength(cut.text)).toBeLessThanOrEqual(limit);
        expect(text.replaceAll('\0', '\uFFFD').startsWith(cut.text)).toBe(true);
        expect(cut.truncated).toBe(cut.text.length < text.length);
      }),
    );
    expect(cutText('aä', 2)).toEqual({ text: 'a', truncated: true });
    expect(cutText('aä', 3)).toEqual({ text: 'aä', truncated: false });
  });

  it('leaves nothing that can not be stored', () => {
    expect(cutText('a\0b\ud800', 100).text).toBe('a\uFFFDb\uFFFD');
  });
});

describe('oneLine', () => {
  it('is one line without colours', () => {
    expect(oneLine(' \u001b[31mred\u001b[0m\n\tand  more\u0007 ')).toBe('red and more');
    expect(oneLine('😀'.repeat(300))).toBe(`${'😀'.repeat(49)}…`);
  });
});

describe('pathInWorkspace', () => {
  it.each([
    ['/workspace/src/a.ts', 'src/a.ts'],
    ['src/../b.ts', 'b.ts'],
    ['/workspace/..a', '..a'],
    ['/etc/passwd', '/etc/passwd'],
    ['/workspace2/a', '/workspace2/a'],
    ['../a', '../a'],
  ])('%s is %s', (path, expected) => {
    expect(pathInWorkspace(path, '/workspace')).toBe(expected);
  });
});

describe('parseRecord', () => {
  it.each(['', 'null', '[]', '1', '"x"', '{', '{"a":', 'text {"a":1}', '[claude-code:x] {"model":"m"}'])(
    '%j is none',
    (line) => {
      expect(parseRecord(line)).toBeUndefined();
    },
  );
  it('is one object', () => {
    expect(parseRecord(' {"a":1} ')).toEqual({ a: 1 });
  });
});

describe('failureClass', () => {
  it.each([
    ['', 401, 'AGENT_AUTH_FAILED'],
    ['API key not valid. Please pass a valid API key.', 400, 'AGENT_AUTH_FAILED'],
    ['Credit balance is too low', 400, 'AGENT_QUOTA_EXHAUSTED'],
    ['insufficient_quota', 429, 'AGENT_QUOTA_EXHAUSTED'],
    ['slow down', 429, 'AGENT_RATE_LIMITED'],
    ['Selected model is at capacity. Please try a different model.', undefined, 'AGENT_RATE_LIMITED'],
    ['prompt_too_long', 400, 'AGENT_CONTEXT_EXHAUSTED'],
    ['Internal error', 500, 'AGENT_STREAM_LOST'],
    ['read ECONNRESET', undefined, 'AGENT_STREAM_LOST'],
    ['unexpected status 529 <unknown status code>: no', undefined, 'AGENT_RATE_LIMITED'],
    ['the connection of tool and JSON is invalid', 400, undefined],
    ['No such file', undefined, undefined],
    ['took 4290 ms', undefined, undefined],
  ])('%j with %p is %p', (text, status, expected) => {
    expect(failureClass(text, status)).toBe(expected);
  });
});

describe('OpenItems', () => {
  it('forgets the oldest of too many', () => {
    const items = new OpenItems<number>();
    for (let id = 0; id <= 1000; id++) items.open(String(id), id);
    expect(items.close('0')).toBeUndefined();
    expect(items.close('1')).toBe(1);
    expect(items.close('1')).toBeUndefined();
  });
});
