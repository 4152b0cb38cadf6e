import { describe, expect, it } from '@jest/globals';
import { CodeOwners } from './code-owners.js';
import { isCiDefinition } from './ci-definitions.js';
import { matchesSegments, splitPattern } from './owner-pattern.js';

function matches(pattern: string, path: string): boolean {
  const split = splitPattern(pattern);
  return split !== undefined && matchesSegments(split, path.split('/'));
}

describe('patterns of code owners', () => {
  it.each([
    ['*', 'a/b/c.js', true],
    ['*.js', 'a/b/c.js', true],
    ['*.js', 'a/b/c.ts', false],
    ['/build/logs/', 'build/logs/today/x.log', true],
    ['/build/logs/', 'x/build/logs/y', false],
    ['docs/*', 'docs/a.md', true],
    ['docs/*', 'docs/more/a.md', false],
    ['apps/', 'x/apps/y', true],
    ['apps/', 'x/apps', false],
    ['/docs/', 'docs/a', true],
    ['/docs/', 'x/docs/a', false],
    ['**/logs', 'logs/a', true],
    ['**/logs', 'x/y/logs/a', true],
    ['/apps/github', 'apps/github/a', true],
    ['/apps/github', 'apps/github', true],
    ['/apps/github', 'apps/githubx', false],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b/c', true],
    ['a/**', 'a/x/y', true],
    ['a/**', 'a', false],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['x\\ y/', 'x y/z', true],
    ['A', 'a', false],
  ])('%s against %s is %s', (pattern, path, expected) => {
    expect(matches(pattern, path)).toBe(expected);
  });

  // Work that doubles with each star would not end.
  it('takes time in proportion to pattern times path, whatever somebody wrote', () => {
    const stars = `/${'*a'.repeat(200)}/${'**/'.repeat(200)}b`;
    expect(matches(stars, `${'a'.repeat(2_000)}c/${'x/'.repeat(500)}c`)).toBe(false);
  });
});

describe('CodeOwners', () => {
  const owners = CodeOwners.parse(
    [
      '# who looks at what',
      '*           @shop/all',
      '/web/       @shop/web @ben # the front',
      '/web/vendor/',
      'docs/*.md   writer@example.test',
      '!/web/x     @never',
      '[a-z].ts    @never',
      '/api/       nobody',
      '',
    ].join('\r\n'),
  );

  it('takes the last rule that matches', () => {
    expect(owners.ownersOf('README')).toEqual(['@shop/all']);
    expect(owners.ownersOf('web/a.ts')).toEqual(['@shop/web', '@ben']);
    expect(owners.ownersOf('docs/a.md')).toEqual(['writer@example.test']);
  });

  it('lets a rule without owners take them away', () => {
    expect(owners.ownersOf('web/vendor/a.js')).toEqual([]);
  });

  it('leaves out the lines that say nothing, and names them', () => {
    expect(owners.invalidLines).toEqual([6, 7, 8]);
    expect(owners.ownersOf('api/a.ts')).toEqual(['@shop/all']);
  });
});

describe('isCiDefinition', () => {
  it.each([
    ['.github/workflows/ci.yml', true],
    ['.github/actions/set-up/action.yml', true],
    ['.gitlab-ci.yml', true],
    ['.forgejo/workflows/x/y.yml', true],
    ['Jenkinsfile', true],
    ['.github/CODEOWNERS', false],
    ['packages/x/.gitlab-ci.yml', false],
    ['docs/.github/workflows/ci.yml', false],
  ])('of %s says %s', (path, expected) => {
    expect(isCiDefinition(path)).toBe(expected);
  });
});
