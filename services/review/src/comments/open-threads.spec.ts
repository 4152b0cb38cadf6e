import { describe, expect, it } from '@jest/globals';
import type { AnchorPlace } from './anchor-places.js';
import { messageOf, type OpenThread } from './open-threads.js';

const about = (
  thread: Partial<OpenThread['thread']>,
  place: Partial<AnchorPlace> | undefined,
  ...texts: readonly string[]
): OpenThread => ({
  thread: {
    quote: '',
    side: 'NEW',
    path: place === undefined ? null : Buffer.from('src/cart.js'),
    ...thread,
  },
  comments: texts.map((text) => ({ text })),
  place:
    place === undefined
      ? undefined
      : { state: 'CURRENT', path: Buffer.from('src/cart.js'), startLine: 0, endLine: 0, ...place },
});

describe('what an agent is told of a review', () => {
  it('is the comment, and each thread with its place, its lines and what was said', () => {
    const threads = [
      about({ quote: 'let a;\nlet b;' }, { startLine: 3, endLine: 4 }, 'Use const.\nBoth.', 'Also below.'),
      about({ quote: 'old', side: 'OLD' }, { startLine: 9, endLine: 9 }, 'Why is it gone?'),
      about({}, {}, 'Too long.'),
      about({ quote: 'gone' }, { state: 'OUTDATED' }, 'And this?'),
      about({}, undefined, 'Add tests.'),
    ];
    expect(messageOf('Nearly.', threads)).toBe(
      [
        'Nearly.',
        '',
        'Open comments of the review:',
        '',
        '1. src/cart.js:3-4:',
        '   > let a;',
        '   > let b;',
        '   Use const.',
        '   Both.',
        '   Also below.',
        '',
        '2. src/cart.js:9 (before the change):',
        '   > old',
        '   Why is it gone?',
        '',
        '3. src/cart.js:',
        '   Too long.',
        '',
        '4. src/cart.js (what this is about is not there any more):',
        '   > gone',
        '   And this?',
        '',
        '5. The change as a whole:',
        '   Add tests.',
      ].join('\n'),
    );
  });

  it('is the comment alone where no thread is open, and the threads alone without a comment', () => {
    expect(messageOf('Nearly.', [])).toBe('Nearly.');
    expect(messageOf(' ', [about({}, undefined, 'x')])).toMatch(/^Open comments/);
    expect(messageOf('', [])).toBe('');
  });

  it('counts what does not fit', () => {
    const long = 'x'.repeat(40 * 1024);
    const text = messageOf(
      '',
      [1, 2, 3, 4].map(() => about({}, undefined, long)),
    );
    expect(text).toMatch(/\n2 more comments are not shown here\.$/);
  });
});
