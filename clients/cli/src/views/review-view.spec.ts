import { describe, expect, it } from '@jest/globals';
import { COLOURED, PLAIN } from '../output/style.js';
import { change, check, comment, fileDiff, IDS, NOW, overlap } from '../testing/samples.js';
import { threadList, threadsOf } from './comment-view.js';
import { reviewFile, reviewHead } from './review-view.js';

const view = { style: PLAIN, columns: undefined, now: NOW };
const reply = comment(2, { threadId: IDS.comment(1), principal: 'bob', text: 'Because.\nReally.' });
const threads = threadsOf([comment(1), reply]);

describe('the head of a review', () => {
  it('says what is known before the first line', () => {
    const red = change(1, { checks: [check({ state: 'FAILED' })] });
    expect(reviewHead(red, [overlap()], threads, view)).toEqual([
      'Change 000c4a01  Task number 1  0123456789..fedcba9876  2 files +10 -3  PENDING',
      'Checks: unit FAILED',
      'Overlap: TEXTUAL with change 000c4a02  src/cart.js',
      'Threads: 1 open, 0 resolved',
    ]);
    expect(reviewHead(change(1), [], [], view)).toHaveLength(2);
  });
});

describe('a file of a review', () => {
  it('has its lines by their numbers, and the threads below what they are about', () => {
    expect(reviewFile(fileDiff(), threads, view)).toEqual([
      '',
      '━━ src/cart.js  MODIFIED  +1 -1',
      '@@ -1 +1 @@ cart()',
      '1 1   one',
      '2   - const total = 1;',
      '  2 + const total = 2;',
      '┃ ada 5m ago  00c03e01  OPEN',
      '┃ Why?',
      '┃ ↳ bob 5m ago  00c03e02',
      '┃   Because.',
      '┃   Really.',
      '3 3   three',
    ]);
  });

  it('keeps the two sides apart, whole files at the top, and what has no place among the hunks at the end', () => {
    const anchor = comment(1).anchor!;
    const old = comment(3, { text: 'Gone?', anchor: { ...anchor, side: 'OLD', quote: 'const total = 1;' } });
    const file = comment(4, {
      text: 'Long.',
      anchor: { ...anchor, startLine: 0, endLine: 0, quote: '' },
      position: { state: 'CURRENT', path: 'src/cart.js', startLine: 0, endLine: 0 },
    });
    const outdated = comment(5, {
      state: 'RESOLVED',
      resolver: 'eve',
      position: { state: 'OUTDATED', path: 'src/cart.js', startLine: 0, endLine: 0 },
    });
    const far = comment(6, { position: { state: 'CURRENT', path: 'src/cart.js', startLine: 90, endLine: 91 } });
    const lines = reviewFile(fileDiff(), threadsOf([old, file, outdated, far]), view);
    expect(lines.slice(2, 4)).toEqual(['┃ ada 5m ago  00c03e04  OPEN', '┃ Long.']);
    expect(lines[lines.indexOf('2   - const total = 1;') + 1]).toContain('00c03e03');
    expect(lines.slice(-8)).toEqual([
      '  src/cart.js',
      '┃ ada 5m ago  00c03e05  RESOLVED by eve  OUTDATED',
      '┃ > const total = 2;',
      '┃ Why?',
      '  src/cart.js:90-91',
      '┃ ada 5m ago  00c03e06  OPEN',
      '┃ > const total = 2;',
      '┃ Why?',
    ]);
  });

  it('says what is not shown, and marks what was moved', () => {
    expect(reviewFile(fileDiff({ hunks: [], tooLarge: true }), [], view).at(-1)).toContain('too large');
    expect(reviewFile(fileDiff({ hunks: [] }), [], view).at(-1)).toContain('no change of text');
    const [hunk] = fileDiff().hunks;
    const moved = { ...hunk!, lines: hunk!.lines.map((line) => ({ ...line, moved: line.kind === 'ADDED' })) };
    expect(reviewFile(fileDiff({ hunks: [moved] }), [], view)).toContain('  2 + const total = 2;  ⇄ moved');
  });

  it('lets nothing that an agent or a reviewer wrote act on the terminal', () => {
    const nasty = '\u001b]0;owned\u0007\u001b[2J\u202e';
    const [hunk] = fileDiff().hunks;
    const file = { ...fileDiff().file!, path: nasty, oldPath: nasty };
    const lines = [{ ...hunk!.lines[0]!, text: nasty }];
    const said = threadsOf([
      comment(1, { text: nasty, principal: nasty, resolver: nasty, state: 'RESOLVED', position: undefined }),
      comment(2, { anchor: { ...comment(1).anchor!, path: nasty, quote: nasty }, position: undefined }),
    ]);
    const shown = [
      ...reviewFile(fileDiff({ file, hunks: [{ ...hunk!, section: nasty, lines }] }), said, {
        ...view,
        style: COLOURED,
      }),
      ...threadList(said, { ...view, style: COLOURED }),
    ].join('\n');
    expect(shown.replace(/\u001b\[\d+m/g, '')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });
});
