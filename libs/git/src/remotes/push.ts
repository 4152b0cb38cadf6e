import { isZeroId } from '../names/object-id.js';
import { GitError } from '../process/git-error.js';
import { runGit } from '../process/run-git.js';
import { parsePushReport, type PushOutcome } from './push-report.js';
import type { Remote } from './remote.js';

export interface PushOptions {
  readonly store: string;
  readonly commit: string;
  /** Full name on the remote: `refs/heads/main`. */
  readonly ref: string;
  /** What the ref must be now; all zeroes: it must not exist. */
  readonly expectedOld: string;
  readonly signal?: AbortSignal;
}

/**
 * Moves a ref of a remote by compare-and-swap. The caller has made sure that `expectedOld` is an ancestor of `commit`:
 * a lease that matches would accept anything.
 */
export async function push(remote: Remote, options: PushOptions): Promise<PushOutcome> {
  const { transport, location } = remote;
  if (remote.kind === 'path' && remote.owner.uid === 0 && remote.gatingHooks.length > 0) {
    const text = `${location} belongs to root and has the hook ${remote.gatingHooks.join(', ')}: hooks are never run as root, and a push does not go round them.`;
    return { kind: 'REJECTED', reason: 'TARGET_REJECTED', text };
  }
  const lease = `--force-with-lease=${options.ref}:${isZeroId(options.expectedOld) ? '' : options.expectedOld}`;
  try {
    const { stdout } = await runGit(
      [
        'push',
        '--porcelain',
        '--no-verify',
        '--no-follow-tags',
        '--no-signed',
        lease,
        ...transport.receivePack,
        '--',
        location,
        `${options.commit}:${options.ref}`,
      ],
      { ...transport.options, gitDir: options.store, signal: options.signal },
    );
    return parsePushReport(stdout.toString('utf8'), '', options.ref);
  } catch (error) {
    if (!GitError.is(error) || error.kind === 'aborted' || error.kind === 'spawn') throw error;
    if (error.exitCode === undefined) return { kind: 'UNKNOWN', text: error.message };
    return parsePushReport(error.stdout, error.stderr, options.ref);
  }
}
