import { HeddleError } from '@heddle/domain';
import { GitError } from '../process/git-error.js';
import { runGit } from '../process/run-git.js';
import { lookUp } from '../refs/read-refs.js';
import { REMOTE_HEADS, REMOTE_TAGS } from '../refs/resolve-revision.js';
import { writeCommitGraph } from '../store/maintenance.js';
import { remoteFailure } from './remote-failure.js';
import type { Remote } from './remote.js';

const ALL_BRANCHES = `+refs/heads/*:${REMOTE_HEADS}*`;

/**
 * Brings the branches and tags of a remote into a store, below `refs/heddle/remote/`, and checks that they are complete.
 * Throws `REPOSITORY_SHALLOW`, `REPOSITORY_PARTIAL`, `REPOSITORY_UNREACHABLE`, `REPOSITORY_NOT_A_REPOSITORY`.
 */
export async function fetchRemote(
  store: string,
  remote: Remote,
  options: { defaultBranch: string; signal?: AbortSignal },
): Promise<void> {
  if (remote.kind === 'path') refuseIncomplete(remote.shallow, remote.partial, remote.location);
  await fetchRefs(store, remote, [ALL_BRANCHES, `+refs/tags/*:${REMOTE_TAGS}*`], ['--prune'], options.signal);
  const [tip] = await lookUp({ gitDir: store }, [`${REMOTE_HEADS}${options.defaultBranch}^{commit}`], options.signal);
  // A source whose history is cut makes git pass over the ref without an error.
  if (tip === undefined) refuseIncomplete(true, false, remote.location);
  await writeCommitGraph(store, options.signal);
}

/** Brings one branch, for a landing. Returns its commit, or undefined when the remote has no such branch. */
export async function fetchBranch(
  store: string,
  remote: Remote,
  branch: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const ref = `${REMOTE_HEADS}${branch}`;
  try {
    await fetchRefs(store, remote, [`+refs/heads/${branch}:${ref}`], [], signal);
  } catch (error) {
    const said = HeddleError.is(error) && GitError.is(error.cause) ? error.cause.stderr : '';
    if (/couldn't find remote ref/.test(said)) return undefined;
    if (!/cannot lock ref/.test(said)) throw error;
    // A branch that the remote has no more (`release`) is in the way of one that it has now (`release/1`).
    await fetchRefs(store, remote, [ALL_BRANCHES], ['--prune'], signal);
  }
  const [tip] = await lookUp({ gitDir: store }, [`${ref}^{commit}`], signal);
  if (tip === undefined) refuseIncomplete(true, false, remote.location);
  return tip?.id;
}

async function fetchRefs(
  store: string,
  remote: Remote,
  refspecs: readonly string[],
  flags: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const { transport, location } = remote;
  try {
    await runGit(
      [
        'fetch',
        '--quiet',
        '--no-tags',
        '--no-write-fetch-head',
        '--no-auto-maintenance',
        '--no-recurse-submodules',
        '--refmap=',
        ...flags,
        ...transport.uploadPack,
        '--',
        location,
        ...refspecs,
      ],
      { ...transport.options, gitDir: store, signal },
    );
  } catch (error) {
    if (GitError.is(error) && /shallow/i.test(error.stderr)) refuseIncomplete(true, false, location);
    throw remoteFailure(error, location);
  }
}

function refuseIncomplete(shallow: boolean, partial: boolean, location: string): void {
  if (shallow)
    throw new HeddleError(
      'REPOSITORY_SHALLOW',
      `The repository ${location} is a shallow clone: it lacks part of its history.`,
      { metadata: { url: location } },
    );
  if (partial)
    throw new HeddleError('REPOSITORY_PARTIAL', `The repository ${location} is a partial clone: it lacks objects.`, {
      metadata: { url: location },
    });
}
