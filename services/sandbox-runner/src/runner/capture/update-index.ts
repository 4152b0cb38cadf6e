import { GitError, nulFields, nulJoin, runGit, type GitLocation, type RunGitOptions } from '@heddle/git';
import { SandboxError, type CaptureNotice } from '@heddle/sandbox';
import { refusesPath } from './refused-path.js';

/** Git over the private index and stage of one capture. */
export type StageGit = GitLocation &
  Pick<RunGitOptions, 'runAs' | 'limits' | 'config' | 'signal'> & { readonly workTree: string };

/** Each costs several git processes to find, and more tell nobody anything. */
const MAX_REFUSALS = 200;
const MAX_OUTPUT_BYTES = 1024 * 1024 * 1024;

/** An entry of the index; the path is bytes. */
export interface IndexEntry {
  readonly mode: string;
  readonly id: string;
  readonly path: Buffer;
}

/** Takes each path over from the stage, or out of the index where the stage has nothing. What git refuses comes back. */
export async function updateIndex(paths: readonly Buffer[], git: StageGit): Promise<CaptureNotice[]> {
  const refused: CaptureNotice[] = [];
  await update(paths, git, refused);
  return refused;
}

/** Takes paths out, whatever the stage has there. */
export async function removeFromIndex(paths: readonly Buffer[], git: StageGit): Promise<void> {
  if (paths.length === 0) return;
  await runGit(['update-index', '--force-remove', '-z', '--stdin'], {
    ...git,
    cwd: git.workTree,
    input: nulJoin(paths),
  });
}

export async function listIndex(git: StageGit): Promise<IndexListing> {
  const { stdout } = await runGit(['ls-files', '--stage', '-z'], { ...git, maxOutputBytes: MAX_OUTPUT_BYTES });
  return new IndexListing(stdout);
}

/** What `ls-files --stage -z` printed: taken apart only where there is much to look up. */
export class IndexListing {
  constructor(private readonly printed: Buffer) {}

  entries(): IndexEntry[] {
    return nulFields(this.printed).map((field) => {
      const tab = field.indexOf(9);
      const [mode = '', id = ''] = field.subarray(0, tab).toString('latin1').split(' ');
      return { mode, id, path: field.subarray(tab + 1) };
    });
  }

  /** True if any path ends so. */
  hasSuffix(suffix: string): boolean {
    return this.printed.includes(`${suffix}\0`, 'latin1');
  }

  /** Those of the paths that it does not have. */
  missing(paths: readonly Buffer[]): Buffer[] {
    if (paths.length > FEW) {
      const present = new Set(this.entries().map(({ path }) => path.toString('latin1')));
      return paths.filter((path) => !present.has(path.toString('latin1')));
    }
    return paths.filter((path) => !this.printed.includes(Buffer.concat([TAB, path, NUL])));
  }
}

/** A search through the whole listing for each is quicker than taking it apart. */
const FEW = 100;
const TAB = Buffer.from('\t');
const NUL = Buffer.of(0);

/** One git process as a rule. A path that git refuses is found by halving, and left out with a notice. */
async function update(paths: readonly Buffer[], git: StageGit, refused: CaptureNotice[]): Promise<void> {
  if (paths.length === 0) return;
  try {
    await runGit(['update-index', '--add', '--remove', '--replace', '-z', '--stdin'], {
      ...git,
      cwd: git.workTree,
      input: nulJoin(paths),
      timeoutMs: 600_000,
    });
  } catch (error) {
    if (GitError.is(error) && error.kind === 'timeout')
      throw new SandboxError('CAPTURE_FAILED', 'git could not read what the agent wrote within its limits', {
        cause: error,
      });
    if (!refusesPath(error)) throw error;
    if (refused.length >= MAX_REFUSALS)
      throw new SandboxError('CAPTURE_FAILED', `git refuses more than ${String(MAX_REFUSALS)} paths`, { cause: error });
    const [path] = paths;
    if (paths.length === 1 && path !== undefined) {
      refused.push({ reason: 'UNSTORABLE', path, message: 'git refuses this path' });
      return;
    }
    const half = Math.ceil(paths.length / 2);
    await update(paths.slice(0, half), git, refused);
    await update(paths.slice(half), git, refused);
  }
}
