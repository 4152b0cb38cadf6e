import { dirname } from 'node:path';
import { GitError } from '../process/git-error.js';
import { nulFields } from '../process/nul-fields.js';
import { runGit, type RunGitOptions } from '../process/run-git.js';
import { formatOf, zeroId } from '../names/object-id.js';
import type { PathRemote } from '../remotes/remote.js';
import { push } from '../remotes/push.js';
import type { PushOutcome } from '../remotes/push-report.js';
import { branchTip } from './checked-out.js';
import { findObstacle } from './obstacles.js';

export interface WorkTreeLanding {
  readonly store: string;
  readonly branch: string;
  readonly commit: string;
  readonly expectedOld: string;
  /** For the branch's reflog. */
  readonly landingId: string;
  readonly signal?: AbortSignal;
}

/**
 * Moves a branch that is checked out at `workTree`, by compare-and-swap, and brings the work tree along, all as its owner.
 * Uncommitted changes give `TARGET_CHECKED_OUT`, an untracked or ignored file in the way `TARGET_WOULD_OVERWRITE`;
 * then nothing was touched. `FAILED` may leave the branch moved and the work tree behind. Repeating it completes what was begun.
 */
export async function landInWorkTree(
  remote: PathRemote,
  workTree: string,
  landing: WorkTreeLanding,
): Promise<PushOutcome> {
  const inTree: RunGitOptions = {
    ...remote.asOwner,
    cwd: workTree,
    ceiling: dirname(workTree),
    signal: landing.signal,
  };
  const tip = await branchTip(remote, landing.branch);
  if (tip === landing.commit) return bringAlong(inTree, workTree, landing);
  if (tip !== landing.expectedOld) return { kind: 'STALE' };
  const dirty = await firstUncommitted(inTree);
  if (dirty !== undefined) {
    return {
      kind: 'REJECTED',
      reason: 'TARGET_CHECKED_OUT',
      text: `The branch is checked out at ${workTree} with uncommitted changes (${dirty}).`,
    };
  }
  return moveWithObjects(remote, inTree, workTree, landing);
}

/** The objects arrive under a ref of their own first: what is in the way can only be known with them. */
async function moveWithObjects(
  remote: PathRemote,
  inTree: RunGitOptions,
  workTree: string,
  landing: WorkTreeLanding,
): Promise<PushOutcome> {
  // By the commit: what a crash left there of another merge of the same landing must not be in the way.
  const parking = `refs/heddle/landings/${landing.commit}`;
  const expectedOld = zeroId(formatOf(landing.commit));
  const parked = await push(remote, {
    store: landing.store,
    commit: landing.commit,
    ref: parking,
    expectedOld,
    signal: landing.signal,
  });
  if (parked.kind !== 'PUSHED' && parked.kind !== 'UP_TO_DATE') return parked;
  try {
    const obstacle = await findObstacle(inTree, workTree, landing.expectedOld, landing.commit);
    if (obstacle !== undefined) {
      const text = `The landing adds a file where ${obstacle.toString('utf8')} lies untracked in ${workTree}.`;
      return { kind: 'REJECTED', reason: 'TARGET_WOULD_OVERWRITE', text };
    }
    return await moveBranch(inTree, workTree, landing);
  } finally {
    await runGit(['update-ref', '-d', parking], { ...inTree, signal: undefined });
  }
}

async function moveBranch(inTree: RunGitOptions, workTree: string, landing: WorkTreeLanding): Promise<PushOutcome> {
  try {
    await refresh(inTree);
    await runGit(['read-tree', '-n', '-m', '-u', landing.expectedOld, landing.commit], inTree);
  } catch (error) {
    return cannotFollow(error, workTree);
  }
  try {
    await runGit(
      [
        'update-ref',
        '--create-reflog',
        '-m',
        `heddle: landing ${landing.landingId}`,
        `refs/heads/${landing.branch}`,
        landing.commit,
        landing.expectedOld,
      ],
      inTree,
    );
  } catch (error) {
    if (!GitError.is(error) || error.kind !== 'exit') throw error;
    if (/but expected/.test(error.stderr)) return { kind: 'STALE' };
    return { kind: 'FAILED', reason: 'TARGET_REJECTED', text: error.stderr.trim().slice(0, 500) };
  }
  return follow(inTree, workTree, landing, 'PUSHED');
}

/** The branch had moved; has the work tree not yet followed, its index still stands at the old commit. */
async function bringAlong(inTree: RunGitOptions, workTree: string, landing: WorkTreeLanding): Promise<PushOutcome> {
  const staged = await runGit(['diff-index', '--cached', '--quiet', landing.expectedOld, '--'], {
    ...inTree,
    okCodes: [0, 1],
  });
  if (staged.exitCode !== 0) return { kind: 'UP_TO_DATE' };
  await refresh(inTree);
  return follow(inTree, workTree, landing, 'UP_TO_DATE');
}

/** It ends with 128 and without a word where the index is locked: what comes after it says so. */
async function refresh(inTree: RunGitOptions): Promise<void> {
  await runGit(['update-index', '-q', '--refresh'], { ...inTree, okCodes: [0, 1, 128] });
}

async function follow(
  inTree: RunGitOptions,
  workTree: string,
  landing: WorkTreeLanding,
  kind: 'PUSHED' | 'UP_TO_DATE',
): Promise<PushOutcome> {
  try {
    await runGit(['read-tree', '-m', '-u', landing.expectedOld, landing.commit], inTree);
    return { kind };
  } catch (error) {
    return { ...cannotFollow(error, workTree), kind: 'FAILED' };
  }
}

/** A lock is somebody's who is at work just now; anything else is there to stay. */
function cannotFollow(error: unknown, workTree: string): Extract<PushOutcome, { kind: 'REJECTED' | 'FAILED' }> {
  if (!GitError.is(error) || error.kind !== 'exit') throw error;
  const text = `The work tree at ${workTree} cannot follow: ${error.stderr.trim().slice(0, 500)}`;
  const locked = /Unable to create '.*\.lock'/.test(error.stderr);
  return { kind: locked ? 'FAILED' : 'REJECTED', reason: 'TARGET_CHECKED_OUT', text };
}

async function firstUncommitted(inTree: RunGitOptions): Promise<string | undefined> {
  const { stdout } = await runGit(['status', '--porcelain', '-z', '--untracked-files=no'], {
    ...inTree,
    maxOutputBytes: 256 * 1024 * 1024,
  });
  return stdout.length === 0 ? undefined : (nulFields(stdout)[0]?.subarray(3).toString('utf8') ?? 'unknown');
}
