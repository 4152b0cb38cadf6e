import { HeddleError } from '@heddle/domain';
import { isRefName } from '../names/ref-name.js';
import { runGit } from '../process/run-git.js';
import { remoteFailure } from './remote-failure.js';
import type { Remote } from './remote.js';

/** The branch that the remote's HEAD names, without `refs/heads/`. Throws `REPOSITORY_EMPTY` when it has no branch at all. */
export async function readDefaultBranch(remote: Remote, signal?: AbortSignal): Promise<string> {
  const head = await listRemote(remote, ['--symref'], ['HEAD'], signal);
  const symref = /^ref: refs\/heads\/(.+)\tHEAD$/m.exec(head)?.[1];
  if (symref !== undefined && isRefName(symref)) return symref;
  const branches = (await listRemote(remote, ['--heads'], [], signal)).split('\n').flatMap((row) => {
    const match = /^([0-9a-f]+)\trefs\/heads\/(.+)$/.exec(row);
    return match === null ? [] : [{ id: match[1] ?? '', name: match[2] ?? '' }];
  });
  // HEAD is detached or names a branch that is not there: the branch it stands on, if that is beyond doubt.
  const headId = /^([0-9a-f]+)\tHEAD$/m.exec(head)?.[1];
  const candidates = headId === undefined ? branches : branches.filter((branch) => branch.id === headId);
  const [only] = candidates.length === 1 ? candidates : branches.length === 1 ? branches : [];
  if (only !== undefined) return only.name;
  if (branches.length === 0) throw new HeddleError('REPOSITORY_EMPTY', `The repository ${remote.location} has no commit on any branch.`);
  throw new HeddleError('REPOSITORY_UNREACHABLE', `The HEAD of ${remote.location} names no branch: set it to the default branch.`);
}

/** What a branch of the remote is now, asked afresh; undefined when it has no such branch. */
export async function readRemoteBranch(remote: Remote, branch: string, signal?: AbortSignal): Promise<string | undefined> {
  const ref = `refs/heads/${branch}`;
  const rows = (await listRemote(remote, [], [ref], signal)).split('\n');
  const row = rows.find((line) => line.endsWith(`\t${ref}`));
  return row?.slice(0, row.indexOf('\t'));
}

async function listRemote(remote: Remote, flags: readonly string[], patterns: readonly string[], signal?: AbortSignal): Promise<string> {
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
