import { GitError } from '../process/git-error.js';
import { startGit, type GitProcess } from '../process/start-git.js';
import type { MergeDirectory } from './merge-directory.js';
import { MERGE_ARGUMENTS, MERGE_LIMITS, mergeOne } from './merge-many.js';
import { MergeRecordReader, type MergeOutcome } from './merge-record.js';

/** Git (2.39 at least) hands out its answers 4 KiB at a time, and the next question waits for this one's. */
const AT_ONCE = ['stdbuf', '-o0'];
const LONGEST_LIFE_MS = 600_000;
/** A merge that takes longer is tried in a process of its own, whose limits are for one. */
const LONGEST_MERGE_MS = 30_000;

/** Merges of which each may build on the one before, by one git process as long as that lives; then each by its own. */
export class MergesInTurn {
  private readonly reader = new MergeRecordReader();
  private git: GitProcess | undefined;
  private answers: AsyncIterator<Buffer> | undefined;
  private isOver = false;

  constructor(
    private readonly at: MergeDirectory,
    private readonly signal?: AbortSignal,
  ) {}

  /** Throws `GitError` when git cannot decide. The next merge is to be asked for after the answer. */
  async merge(ours: string, theirs: string): Promise<MergeOutcome> {
    if (!this.isOver) {
      try {
        return await this.ask(ours, theirs);
      } catch (error) {
        if (!GitError.is(error) || this.signal?.aborted === true) throw error;
        this.isOver = true;
      }
    }
    return mergeOne(this.at, ours, theirs, this.signal);
  }

  async end(): Promise<void> {
    this.git?.stdin.end();
    // How it ended says nothing: all that was asked has been answered.
    await this.git?.done.catch(() => undefined);
  }

  private async ask(ours: string, theirs: string): Promise<MergeOutcome> {
    this.git ??= startGit(MERGE_ARGUMENTS, {
      ...this.at,
      limits: MERGE_LIMITS,
      signal: this.signal,
      timeoutMs: LONGEST_LIFE_MS,
      through: AT_ONCE,
    });
    this.answers ??= (this.git.stdout as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    const tooLong = setTimeout(() => this.git?.kill(), LONGEST_MERGE_MS);
    try {
      this.git.stdin.write(`${ours} ${theirs}\n`);
      for (;;) {
        const next = await this.answers.next();
        if (next.done === true) {
          await this.git.done;
          throw new GitError('exit', MERGE_ARGUMENTS[0], 0, 'it ended before it had answered');
        }
        const [outcome] = this.reader.push(next.value);
        if (outcome !== undefined) return outcome;
      }
    } finally {
      clearTimeout(tooLong);
    }
  }
}
