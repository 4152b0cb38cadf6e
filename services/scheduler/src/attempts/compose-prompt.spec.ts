import { describe, expect, it } from '@jest/globals';
import { composePrompt } from './compose-prompt.js';

describe('what an agent is told', () => {
  it('is the brief, the task and how it will be judged', () => {
    expect(composePrompt('We sell shoes.', 'Fix the cart', ['npm test passes', 'no new dependency'])).toBe(
      'We sell shoes.\n\nFix the cart\n\nAcceptance criteria:\n- npm test passes\n- no new dependency\n',
    );
  });

  it('is the task alone where there is nothing else', () => {
    expect(composePrompt('', 'Fix the cart\n', [])).toBe('Fix the cart\n');
  });
});
