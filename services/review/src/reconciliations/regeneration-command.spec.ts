import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { inTurn } from './regeneration-command.js';

const exec = promisify(execFile);

async function run(commands: readonly (readonly string[])[]): Promise<string> {
  const [program = '', ...args] = inTurn(commands);
  return (await exec(program, args)).stdout;
}

describe('commands in turn', () => {
  it('are each run with exactly their words, and equal ones once', async () => {
    const odd = ['a b', '', '$HOME', '`id`', '"', "'", '*', '2', '-n'];
    expect(
      await run([
        ['printf', '[%s]', ...odd],
        ['echo', 'second'],
        ['echo', 'second'],
        ['printf', '%s', 'third'],
      ]),
    ).toBe(`${odd.map((word) => `[${word}]`).join('')}second\nthird`);
  });

  it('are the command itself where there is one', () => {
    expect(inTurn([['npm', 'install']])).toEqual(['npm', 'install']);
  });

  it('end with the first that fails', async () => {
    const failing = run([
      ['echo', 'first'],
      ['sh', '-c', 'exit 3'],
      ['echo', 'never'],
    ]);
    await expect(failing).rejects.toMatchObject({ code: 3, stdout: 'first\n' });
  });
});
