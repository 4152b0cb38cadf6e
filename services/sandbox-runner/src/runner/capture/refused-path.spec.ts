import { describe, expect, it } from '@jest/globals';
import { GitError } from '@heddle/git';
import { refusesPath } from './refused-path.js';

const UNABLE = 'fatal: Unable to process path a';

function exit(stderr: string): GitError {
  return new GitError('exit', 'update-index', 128, stderr);
}

describe('a path that git refuses', () => {
  it.each([
    `error: a: unsupported file type\n${UNABLE}\n`,
    "hint: use UTF-16LE\nfatal: BOM is required in 'a' if encoded as UTF-16\n",
    "fatal: failed to encode 'a' from nonsense to UTF-8\n",
  ])('is one that it names: %j', (stderr) => {
    expect(refusesPath(exit(stderr))).toBe(true);
  });

  it.each([
    exit(`error: unable to write loose object file: No space left on device\n${UNABLE}\n`),
    exit(`error: a: failed to insert into database\n${UNABLE}\n`),
    exit("fatal: Unable to create '/x/index.lock': File exists.\n"),
    exit('fatal: Out of memory, malloc failed (tried to allocate 3 bytes)\n'),
    new GitError('exit', 'update-index', undefined, `${UNABLE}\n`),
    exit('fatal: something else\n'),
    new GitError('aborted', 'update-index', undefined, `${UNABLE}\n`),
    new Error(UNABLE),
  ])('is none where the host fails: %s', (error) => {
    expect(refusesPath(error)).toBe(false);
  });
});
