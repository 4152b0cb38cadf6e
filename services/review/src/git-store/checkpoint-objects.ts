import type { CheckpointHeader } from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import { lookUp, readCommit, takePack } from '@heddle/git';

/**
 * Makes sure that the store has the checkpoint's commit, and that it is what the header says: that tree, on that base alone.
 * Throws `PACK_REFUSED`, `REQUEST_TOO_LARGE`.
 */
export async function bringObjects(
  store: string,
  header: CheckpointHeader,
  pack: AsyncIterable<Uint8Array>,
): Promise<void> {
  const at = { gitDir: store };
  const [base, present] = await lookUp(at, [header.baseCommit, header.commit]);
  if (base?.type !== 'commit') throw refused(`the store does not have the base ${header.baseCommit}`);
  const iterator = pack[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true || present !== undefined) {
    const commit = present === undefined ? undefined : await readCommit(at, header.commit);
    if (commit === undefined) throw refused(`there was no pack and the store does not have commit ${header.commit}`);
    verify(commit, header);
    await drain(iterator);
    return;
  }
  await takePack({
    store,
    pack: rejoin(first.value, iterator),
    commit: header.commit,
    inspect: (commit) => {
      verify(commit, header);
    },
  });
}

function verify(commit: string, header: CheckpointHeader): void {
  const head = commit.split('\n\n', 1)[0] ?? '';
  const tree = /^tree ([0-9a-f]+)$/m.exec(head)?.[1];
  const parents = [...head.matchAll(/^parent ([0-9a-f]+)$/gm)].map((match) => match[1]);
  if (tree !== header.treeId) throw refused(`commit ${header.commit} has another tree than ${header.treeId}`);
  // A turn that changed nothing may be stored as the base itself.
  if (header.commit !== header.baseCommit && (parents.length !== 1 || parents[0] !== header.baseCommit)) {
    throw refused(`commit ${header.commit} is not one commit on the base ${header.baseCommit}`);
  }
}

async function* rejoin(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

/** The sender is not told of an answer in the middle of its upload. */
async function drain(iterator: AsyncIterator<Uint8Array>): Promise<void> {
  while ((await iterator.next()).done !== true);
}

function refused(why: string): HeddleError {
  return new HeddleError('PACK_REFUSED', `The checkpoint was refused: ${why}`);
}
