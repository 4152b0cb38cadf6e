import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CodeOwners } from '@heddle/domain';
import { useTemporaryDirectories } from '@heddle/testing';
import fc from 'fast-check';

const temporary = useTemporaryDirectories();

const name = fc.constantFrom('a', 'b', 'ab', 'a.js');
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'));
const glob = fc.constantFrom('a', 'b', 'ab', '*.js', '?', 'a*', '**');
// A last `/*` means another thing to code owners, and a lone `**` is theirs alone.
const pattern = fc
  .tuple(fc.boolean(), fc.array(glob, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([rooted, segments, below]) => `${rooted ? '/' : ''}${segments.join('/')}${below ? '/' : ''}`)
  .filter((text) => !/\*\*\/\*\*/.test(text) && !/(?:^|\/)\*\*\/?$/.test(text));

describe('code owners beside git', () => {
  it('match what the same pattern of an ignore file matches', async () => {
    const directory = await temporary('owners');
    const samples = fc.sample(fc.tuple(pattern, fc.uniqueArray(path, { minLength: 6, maxLength: 12 })), 60);
    for (const [index, [text, paths]] of samples.entries()) {
      const repository = join(directory, String(index));
      await mkdir(repository);
      await git(repository, ['init', '-q']);
      await writeFile(join(repository, '.gitignore'), `${text}\n`);
      const ignored = new Set(
        (await git(repository, ['check-ignore', '--no-index', '--stdin'], paths.join('\n'))).split('\n'),
      );
      const owners = CodeOwners.parse(`${text} @somebody`);
      const owned = paths.filter((each) => owners.ownersOf(each).length > 0);
      expect([text, owned]).toEqual([text, paths.filter((each) => ignored.has(each))]);
    }
  });
});

/** No match is exit code 1. */
function git(cwd: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('git', args, { cwd }, (error, stdout) => {
      if (error === null || error.code === 1) resolve(stdout.trimEnd());
      else reject(new Error(`git ${args.join(' ')} failed`, { cause: error }));
    });
    // A command that reads nothing may be gone before its (empty) input is closed.
    child.stdin?.on('error', () => undefined).end(input);
  });
}
