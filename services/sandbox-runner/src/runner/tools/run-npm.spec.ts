import { describe, expect, it } from '@jest/globals';
import { lastLines } from './run-npm.js';

describe('what is passed on of npm’s words', () => {
  it('are its last lines, without its prefix and its log’s place', () => {
    const many = Array.from({ length: 40 }, (_, index) => `npm error line ${String(index)}`).join('\n');
    const said = lastLines(
      `${many}\nnpm error code E404\nnpm error A complete log of this run can be found in: /root/x\n`,
    );
    expect(said.split('; ')).toHaveLength(12);
    expect(said).toMatch(/line 39; code E404$/);
  });

  it.each([
    'npm error 401 https://user:hunter2@registry.example/x',
    'npm error //registry.example/:_authToken=hunter2',
    'npm error Authorization: Bearer hunter2',
    'npm error GET https://registry.example/x?access_token=hunter2&a=1',
    'npm error npm_hunter2hunter2hunter2hunter2hunter2',
  ])('%s: no credential', (line) => {
    expect(lastLines(line)).not.toContain('hunter2');
    expect(lastLines(line)).toContain('***');
  });
});
