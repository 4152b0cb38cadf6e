import { describe, expect, it } from '@jest/globals';
import { askedBy, remarkText, reviewWords } from './review-words.js';

const told = { principal: 'gitea:ann', commentId: 'c', verdictId: 'v' };
const waiting = { ...told, verdictId: null };
const refused = { principal: 'gitea:eve', commentId: null, verdictId: null };

describe('what is said of reviews at a forge', () => {
  it('is nothing where the agent was told', () => {
    expect(reviewWords([], undefined)).toBe('');
    expect(reviewWords([told, told], 'ASKED_ALREADY')).toBe('');
  });

  it('names who is not listened to, each once, and what waits', () => {
    expect(reviewWords([told, waiting, refused, refused], 'ROUNDS_USED_UP')).toBe(
      'What was said at the forge (1) is not passed on: the agent was sent back as often as the queue allows. ' +
        'What was said by who may not push to the repository is not passed on: gitea:eve',
    );
    expect(reviewWords([told], 'TOO_MANY')).toContain('as many comments as are kept');
    const many = Array.from({ length: 12 }, (_, n) => ({ ...refused, principal: `gitea:u${String(n)}` }));
    expect(reviewWords(many, undefined)).toMatch(/gitea:u9 and 2 more$/);
  });
});

describe('a remark', () => {
  it('acts on no terminal, and is no longer than a comment may be', () => {
    expect(remarkText('Of line 3: ', 'a\u001b[31mb\u0000\r\nc\u009b\td')).toBe(
      'Of line 3: a\ufffd[31mb\ufffd\nc\ufffd\td',
    );
    expect(remarkText('', ' \n\t')).toBe('');
    const long = remarkText('', 'é'.repeat(40_000));
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(64 * 1024);
    expect(long).toMatch(/é…$/);
  });

  it('is told with whose words it is', () => {
    expect(askedBy(['gitea:ann', 'gitea:ann', 'gitea:bob'], 'https://forge/1')).toBe(
      'In the review of https://forge/1 this was said by gitea:ann, gitea:bob; change your work by it.',
    );
  });
});
