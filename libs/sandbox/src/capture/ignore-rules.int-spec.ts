import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { useTemporaryDirectories } from '@heddle/testing';
import { IgnoreContext } from './ignore-context.js';
import { IgnoreRules } from './ignore-rules.js';

const temporary = useTemporaryDirectories();
let round = 0;
afterAll(() => {
  expect(round).toBeGreaterThan(0);
});

const WORDS = ['a', 'b', 'ab', 'a.log', 'b b', 'x y ', '#c', '!d', 'a[b'];
const name = fc.constantFrom(...WORDS);
const file = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const atom = fc.constantFrom(
  'a',
  'b',
  '*',
  '**',
  '?',
  '*.log',
  '[ab]',
  '[!a]',
  'a*',
  '\\#c',
  '\\!d',
  'x y\\ ',
  'b b',
  'ab',
  '[[:alpha:]]',
  '\\[',
  'a\\',
);
const pattern = fc
  .tuple(
    fc.constantFrom('', '!', '/', '!/'),
    fc.array(atom, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '/', ' ', '/ ', '\r'),
  )
  .map(([before, parts, after]) => `${before}${parts.join('/')}${after}`);
const rules = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: pattern },
    { weight: 1, arbitrary: fc.constantFrom('', '# comment', '!', '/', ' ') },
  ),
  { maxLength: 6 },
);

/** What git would add of untracked files, by this package's rules. */
function kept(files: readonly string[], top: string, nested: string): string[] {
  return files.filter((path) => {
    const parts = path.split('/');
    let context = IgnoreContext.top().withRules('', IgnoreRules.parse(Buffer.from(top)));
    for (let depth = 1; depth < parts.length; depth++) {
      const directory = parts.slice(0, depth).join('/');
      if (context.ignores(directory, true)) return false;
      if (directory === 'a') context = context.withRules('a', IgnoreRules.parse(Buffer.from(nested)));
    }
    return !context.ignores(path, false);
  });
}

describe('ignore rules', () => {
  it('say what git says, on any patterns in two files', async () => {
    const root = await temporary('ignore');
    fc.assert(
      fc.property(fc.uniqueArray(file, { minLength: 1, maxLength: 12 }), rules, rules, (wanted, top, nested) => {
        const directory = join(root, String(round++));
        const made: string[] = [];
        for (const path of wanted) {
          try {
            mkdirSync(dirname(join(directory, path)), { recursive: true });
            writeFileSync(join(directory, path), '', { flag: 'wx' });
            made.push(path);
          } catch {
            // Another path needs this one to be a directory, or a file.
          }
        }
        const [topText, nestedText] = [top.join('\n'), nested.join('\n')];
        writeFileSync(join(directory, '.gitignore'), topText);
        const hasNested = made.some((path) => path.startsWith('a/'));
        if (hasNested) writeFileSync(join(directory, 'a', '.gitignore'), nestedText);
        execFileSync('git', ['init', '-q', directory]);
        const listed = execFileSync(
          'git',
          ['-c', 'core.excludesFile=/dev/null', 'ls-files', '-z', '--others', '--exclude-standard'],
          { cwd: directory },
        )
          .toString()
          .split('\0')
          .filter((path) => path !== '' && !path.endsWith('.gitignore'));
        expect(kept(made, topText, hasNested ? nestedText : '').sort()).toEqual(listed.sort());
      }),
      { numRuns: 150 },
    );
  });
});
