import { chown } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { ORDINARY_USER, withSubordinateIds } from '@heddle/sandbox/testing';
import { useTemporaryDirectories } from '@heddle/testing';

const isRoot = process.getuid?.() === 0;
const PROGRAM = fileURLToPath(new URL('../../../dist/testing/rootless-attempt.js', import.meta.url));

const temporary = useTemporaryDirectories();

(isRoot ? describe : describe.skip)('an attempt on a runner of an ordinary user with subordinate ids', () => {
  it('is run, captured and checked like any, says what it lacks and leaves nothing', async () => {
    const directory = await temporary('rootless');
    await chown(directory, ORDINARY_USER, ORDINARY_USER);
    const output = await withSubordinateIds(65_536, [process.execPath, PROGRAM, join(directory, 'platform')]);
    // The supervisor's log comes before.
    expect(JSON.parse(output.trim().split('\n').at(-1) ?? '')).toEqual({
      boundary: 'USER_NAMESPACE',
      missing: expect.arrayContaining([expect.stringMatching(/^user of its own: one per repository/), 'disk limit']),
      turn: 'EXITED',
      files: ['100644 .gitignore', '100644 library/keep', '100644 new'],
      checks: ['PASSED'],
      // A clean status prints nothing.
      lines: ['fine'],
      left: [],
    });
  });
});
