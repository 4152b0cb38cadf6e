import { HeddleError } from '@heddle/domain';
import { isRefName } from '../names/ref-name.js';
import { lookUp } from './read-refs.js';

/** Where a store keeps what its remote has. */
export const REMOTE_HEADS = 'refs/heddle/remote/heads/';
export const REMOTE_TAGS = 'refs/heddle/remote/tags/';

/**
 * The commit that a user's word names on the remote as last fetched: a branch, a tag, a full ref name, or a commit id
 * (7 digits or more). Revision syntax (`HEAD~3`, `:/text`, `@{1}`) is not understood on purpose.
 * Throws `REF_NOT_FOUND`.
 */
export async function resolveRevision(store: string, name: string, signal?: AbortSignal): Promise<string> {
  const candidates = candidatesFor(name);
  const found = await lookUp(
    { gitDir: store },
    candidates.map((candidate) => `${candidate}^{commit}`),
    signal,
  );
  const commit = found.find((entry) => entry?.type === 'commit');
  if (commit === undefined) {
    throw new HeddleError(
      'REF_NOT_FOUND',
      `The repository has no branch, tag or commit ${JSON.stringify(name.slice(0, 255))}.`,
      {
        metadata: { ref: name.slice(0, 255) },
      },
    );
  }
  return commit.id;
}

function candidatesFor(name: string): string[] {
  if (name.startsWith('refs/heads/') && isRefName(name)) return [REMOTE_HEADS + name.slice('refs/heads/'.length)];
  if (name.startsWith('refs/tags/') && isRefName(name)) return [REMOTE_TAGS + name.slice('refs/tags/'.length)];
  const byName = isRefName(name) ? [REMOTE_HEADS + name, REMOTE_TAGS + name] : [];
  return /^[0-9a-f]{7,64}$/.test(name) ? [...byName, name] : byName;
}
