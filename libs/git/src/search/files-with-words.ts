import { isUtf8 } from 'node:buffer';
import { isObjectId } from '../names/object-id.js';
import { GitError } from '../process/git-error.js';
import type { GitLocation } from '../process/environment.js';
import { startGit, type ProcessLimits } from '../process/start-git.js';

export interface WordSearchOptions {
  /** A word that is in more files than this tells nothing, and is left out. */
  readonly maxFiles: number;
  /** Wall clock, in milliseconds. */
  readonly timeoutMs: number;
  readonly limits?: ProcessLimits;
  readonly signal?: AbortSignal;
}

export interface FoundWords {
  /** By word, the paths of the files that have it as a whole word; paths that are not UTF-8 are left out. */
  readonly files: ReadonlyMap<string, ReadonlySet<string>>;
  /** False where the search was ended before it had seen all files. */
  readonly complete: boolean;
}

const WORD = /^[A-Za-z_$][\w$]*$/;

/**
 * The text files of a commit that have these words, of all words in one process. They are looked for as they are written:
 * nothing in them is a pattern.
 * @param commit an object id: git grep takes `--end-of-options` for a revision
 * @param words each a letter, `_` or `$`, then those and digits
 */
export async function filesWithWords(
  at: GitLocation,
  commit: string,
  words: readonly string[],
  { maxFiles, timeoutMs, limits, signal }: WordSearchOptions,
): Promise<FoundWords> {
  if (!isObjectId(commit)) throw new Error(`not an object id: ${JSON.stringify(commit)}`);
  const wanted = new Set(words);
  const odd = words.find((word) => !WORD.test(word));
  if (odd !== undefined) throw new Error(`not a word to look for: ${JSON.stringify(odd)}`);
  if (wanted.size === 0) return { files: new Map(), complete: true };
  const git = startGit(['grep', '-F', '-w', '-o', '-I', '-z', '--no-color', '--threads=1', '-f', '-', commit, '--'], {
    ...at,
    timeoutMs,
    okCodes: [0, 1],
    ...(limits === undefined ? {} : { limits }),
    signal,
  });
  git.stdin.end([...wanted].map((word) => `${word}\n`).join(''));
  const files = new Map([...wanted].map((word) => [word, new Set<string>()]));
  await readMatches(git.stdout, `${commit}:`, (path, word) => {
    const found = files.get(word);
    // One more than the limit says that it is over it.
    if (found !== undefined && found.size <= maxFiles) found.add(path);
  });
  const complete = await git.done.then(
    () => true,
    (error: unknown) => {
      signal?.throwIfAborted();
      // Out of time, of memory, or killed for it: what was found until then is true.
      const isCutOff =
        GitError.is(error) && (error.kind === 'timeout' || (error.kind === 'exit' && error.exitCode === undefined));
      if (isCutOff) return false;
      throw error;
    },
  );
  return {
    files: new Map([...files].filter(([, found]) => found.size > 0 && found.size <= maxFiles)),
    complete,
  };
}

const NUL = 0;
const NEWLINE = 10;

/** Reads `<commit>:<path> NUL <match> LF` records as they come, however much there is of them. */
async function readMatches(
  output: AsyncIterable<Buffer>,
  prefix: string,
  take: (path: string, word: string) => void,
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  let path: string | undefined;
  for await (const chunk of output) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(path === undefined ? NUL : NEWLINE, start);
      if (end === -1) break;
      const field = bytes.subarray(start, end);
      start = end + 1;
      if (path === undefined) path = isUtf8(field) ? field.toString('utf8').slice(prefix.length) : '';
      else {
        if (path !== '') take(path, field.toString('latin1'));
        path = undefined;
      }
    }
    rest = bytes.subarray(start);
  }
}
