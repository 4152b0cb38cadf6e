import { expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

it.each([
  ['feat(gateway): answer a lost race with the winner', true],
  ['fix(sandbox-runner): keep what an agent made when it is stopped', true],
  ['docs(docs): say what a checkpoint is', true],
  ['feat(somewhere): a scope that is no project', false],
  ['feat: no scope', false],
  ['made it better', false],
])('the commit message "%s" is fine: %s', async (message, fine) => {
  const checker = spawn('node_modules/.bin/commitlint', { stdio: ['pipe', 'ignore', 'ignore'] });
  checker.stdin.end(`${message}\n`);
  const [code] = (await once(checker, 'close')) as [number];
  expect(code === 0).toBe(fine);
});
