import { describe, expect, it } from '@jest/globals';
import { composeInstructions, composePrompt } from './compose-prompt.js';

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

describe('what holds for the whole task', () => {
  it('is the brief, how it will be judged and the paths that it is about', () => {
    expect(composeInstructions('We sell shoes.\n', ['npm test passes'], ['src/cart/**'])).toBe(
      '# What holds for this task\n\nWe sell shoes.\n\nAcceptance criteria:\n- npm test passes\n\nPaths that the task is about:\n- src/cart/**\n',
    );
  });

  it('is nothing where there is nothing of it', () => {
    expect(composeInstructions(' ', [], [])).toBe('');
  });
});
