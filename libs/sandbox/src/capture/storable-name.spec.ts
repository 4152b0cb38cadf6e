import { describe, expect, it } from '@jest/globals';
import { looksLikeGitDirectory, looksLikeGitFile, nameFault } from './storable-name.js';

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

describe('names that git refuses', () => {
  it.each(['.git', '.GIT', '.Git ', '.git.', '.git::$INDEX_ALLOCATION', 'git~1', 'GIT~1', latin1('.g\u200cit')])(
    '%j is taken for .git',
    (name) => {
      expect(looksLikeGitDirectory(name)).toBe(true);
    },
  );

  it.each(['.gitignore', 'git', '.github', 'git~2', 'x.git', '..git'])('%j is not', (name) => {
    expect(looksLikeGitDirectory(name)).toBe(false);
  });

  it.each(['.git\\x', 'a\\.git', 'a\\git~1 .'])('%j is taken for .git behind a backslash', (name) => {
    expect(looksLikeGitDirectory(name)).toBe(true);
  });

  it.each([
    '.gitmodules',
    '.GITMODULES',
    'gitmod~1',
    '.gitmodules ',
    'gi7eba~1',
    'gi7e~123',
    '~1234567',
    'a\\.gitmodules',
  ])('%j is taken for .gitmodules', (name) => {
    expect(looksLikeGitFile(name, '.gitmodules')).toBe(true);
  });

  it.each(['.gitmodule', 'gitmod~5', 'gi7eba~0', 'gi7d29~1', 'gi7eba~12'])('%j is not', (name) => {
    expect(looksLikeGitFile(name, '.gitmodules')).toBe(false);
  });

  it('refuses as directories what git reads as files, and .gitmodules as a symlink', () => {
    expect(nameFault('a/.gitattributes/x', false)).toContain('directory');
    expect(nameFault('.GITMOD~1/x', false)).toBeUndefined();
    expect(nameFault('GITMOD~1/x', false)).toContain('directory');
    expect(nameFault('a/.gitmodules', true)).toContain('symbolic link');
    expect(nameFault('a/.gitattributes', true)).toBeUndefined();
    expect(nameFault('a/.gitignore/x', false)).toBeUndefined();
  });
});
