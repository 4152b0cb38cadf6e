import { HeddleError } from '@heddle/domain';
import { formatOf, type ObjectFormat } from '../names/object-id.js';
import { isRefName } from '../names/ref-name.js';
import { runGit } from '../process/run-git.js';
import { remoteFailure } from './remote-failure.js';
import type { PathRemote, Remote } from './remote.js';

/** Where a remote stands: its default branch and the kind of its object ids. */
export interface RemoteHead {
  /** Without `refs/heads/`. */
  readonly branch: string;
  readonly format: ObjectFormat;
}

/** Reads which branch the remote's HEAD names. Throws `REPOSITORY_EMPTY` when it has no branch at all. */
export async function readRemoteHead(remote: Remote, signal?: AbortSignal): Promise<RemoteHead> {
  const head = await listRemote(remote, ['--symref'], ['HEAD'], signal);
  const symref = /^ref: refs\/heads\/(.+)\tHEAD$/m.exec(head)?.[1];
  const headId = /^([0-9a-f]+)\tHEAD$/m.exec(head)?.[1];
  if (symref !== undefined && headId !== undefined && isRefName(symref))
    return { branch: symref, format: formatOf(headId) };
  const branches = (await listRemote(remote, ['--heads'], [], signal)).split('\n').flatMap((row) => {
    const match = /^([0-9a-f]+)\trefs\/heads\/(.+)$/.exec(row);
    return match === null ? [] : [{ id: match[1] ?? '', name: match[2] ?? '' }];
  });
  // HEAD is detached or names a branch that is not there: the branch it stands on, if that is beyond doubt.
  const candidates = headId === undefined ? branches : branches.filter((branch) => branch.id === headId);
  const [only] = candidates.length === 1 ? candidates : branches.length === 1 ? branches : [];
  if (only !== undefined) return { branch: only.name, format: formatOf(only.id) };
  if (branches.length === 0)
    throw new HeddleError('REPOSITORY_EMPTY', `The repository ${remote.location} has no commit on any branch.`);
  throw new HeddleError(
    'REPOSITORY_UNREACHABLE',
    `The HEAD of ${remote.location} names no branch: set it to the default branch.`,
  );
}

/** What the remote's refs of these full names are now, peeled to commits; names that it does not have are left out. */
export async function readRemoteRefs(
  remote: Remote,
  refs: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  if (remote.kind === 'path') return readPathRefs(remote, refs, signal);
  const found = new Map<string, string>();
  const wanted = new Set(refs);
  const patterns = refs.flatMap((ref) => [ref, `${ref}^{}`]);
  for (const row of (await listRemote(remote, [], patterns, signal)).split('\n')) {
    const [id = '', name = ''] = row.split('\t');
    const peeled = name.endsWith('^{}');
    const ref = peeled ? name.slice(0, -3) : name;
    if (wanted.has(ref) && (peeled || !found.has(ref))) found.set(ref, id);
  }
  return found;
}

/** One process where asking by the protocol takes three. */
async function readPathRefs(
  remote: PathRemote,
  refs: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  try {
    const { stdout } = await runGit(
      ['for-each-ref', '--format=%(objectname) %(*objectname) %(refname)', '--', ...refs],
      { ...remote.asOwner, maxOutputBytes: 64 * 1024 * 1024, signal },
    );
    // A name is also a pattern for what is below it.
    for (const row of stdout.toString('utf8').split('\n')) {
      const [id = '', peeled = '', ref = ''] = row.split(' ');
      if (refs.includes(ref)) found.set(ref, peeled === '' ? id : peeled);
    }
    return found;
  } catch (error) {
    throw remoteFailure(error, remote.location);
  }
}

/** What a branch of the remote is now, asked afresh; undefined when it has no such branch. */
export async function readRemoteBranch(
  remote: Remote,
  branch: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const ref = `refs/heads/${branch}`;
  return (await readRemoteRefs(remote, [ref], signal)).get(ref);
}

async function listRemote(
  remote: Remote,
  flags: readonly string[],
  patterns: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const { transport, location } = remote;
  try {
    const { stdout } = await runGit(['ls-remote', ...transport.uploadPack, ...flags, '--', location, ...patterns], {
      ...transport.options,
      timeoutMs: 60_000,
      maxOutputBytes: 64 * 1024 * 1024,
      signal,
    });
    return stdout.toString('utf8');
  } catch (error) {
    throw remoteFailure(error, location);
  }
}
