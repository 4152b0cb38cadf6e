import { describe, expect, it } from '@jest/globals';
import { landingMessage } from './landing-message.js';

const message = (title: string): string =>
  landingMessage({ id: 'l', taskId: 't', attemptId: 'a', title, revertsId: null, baseCommit: 'b' });

describe('landingMessage', () => {
  it('has the title and three trailers', () => {
    expect(message('Fix the cart')).toBe('Fix the cart\n\nHeddle-Task: t\nHeddle-Attempt: a\nHeddle-Landing: l\n');
  });

  it('says what it takes back, and which of several commits it is', () => {
    const landing = { id: 'l', taskId: 't', attemptId: 'a', title: 'Revert "Fix"', revertsId: 'r', baseCommit: 'b' };
    expect(landingMessage(landing, ' (1/2)')).toBe(
      'Revert "Fix" (1/2)\n\nThis reverts commit b.\n\nHeddle-Task: t\nHeddle-Attempt: a\nHeddle-Landing: l\nHeddle-Reverts: r\n',
    );
  });

  it.each([
    ['Fix it [skip ci] now', 'Fix it now'],
    ['Fixes #12: the cart', 'see #12: the cart'],
    ['closes org/repo#3', 'see org/repo#3'],
    ['This closes the gap', 'This closes the gap'],
    ['a\n\nHeddle-Landing: other\r\nb', 'a Heddle-Landing: other b'],
    ['Heddle-Landing: other', 'other'],
    ['', 'Land a change'],
    ['x'.repeat(200), `${'x'.repeat(99)}…`],
  ])('keeps %j to one harmless line', (title, subject) => {
    expect(message(title).split('\n\n')[0]).toBe(subject);
  });
});
