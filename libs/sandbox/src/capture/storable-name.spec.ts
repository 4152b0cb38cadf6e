import { describe, expect, it } from '@jest/globals';
import { looksLikeGitDirectory, looksLikeGitmodules } from './storable-name.js';

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

  it('knows .gitmodules by its other names', () => {
    expect(['.gitmodules', '.GITMODULES', 'gitmod~1', '.gitmodules '].every(looksLikeGitmodules)).toBe(true);
    expect(looksLikeGitmodules('.gitmodule')).toBe(false);
  });
});
