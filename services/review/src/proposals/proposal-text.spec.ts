import { describe, expect, it } from '@jest/globals';
import { proposalText } from './proposal-text.js';

const LANDING = {
  id: 'l',
  title: 'Fix the cart',
  taskId: 't',
  attemptId: 'a',
  changeId: 'c',
  branch: 'main',
  onto: 'abc',
  commit: 'def',
  checks: [],
};

describe('the text of a pull request', () => {
  it('says what was tested, on what, and with which checks', () => {
    const checks = [
      { name: 'unit', state: 'PASSED' },
      { name: 'lint', state: 'FAILED' },
    ];
    const { title, body } = proposalText({ ...LANDING, checks });
    expect(title).toBe('Fix the cart');
    expect(body).toContain('`def`, merged onto `abc`');
    expect(body).toContain('- unit: PASSED\n- lint: FAILED\n');
    expect(body).toContain('landing l.');
  });

  it('makes no forge act by what an agent wrote', () => {
    const checks = [{ name: 'closes #7 @everybody [x](http://evil)', state: 'PASSED' }];
    const { title, body } = proposalText({ ...LANDING, title: 'Fixes #12 [skip ci]\nCo-authored-by: x', checks });
    expect(title).toBe('see #12 Co-authored-by: x');
    expect(body).not.toMatch(/closes #7|@everybody|\[x\]/);
  });
});
