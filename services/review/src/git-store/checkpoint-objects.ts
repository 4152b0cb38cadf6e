import type { CheckpointHeader } from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import { lookUp, runGit, takePack, type GitLocation } from '@heddle/git';

/**
 * Makes sure that the store has the checkpoint's commit, and that it is what the header says: that tree, on that base alone.
 * Throws `PACK_REFUSED`, `REQUEST_TOO_LARGE`.
 */
export async function bringObjects(
  store: string,
  header: CheckpointHeader,
  pack: AsyncIterable<Uint8Array>,
): Promise<void> {
  const [base, present] = await lookUp({ gitDir: store }, [header.baseCommit, header.commit]);
  if (base?.type !== 'commit') throw refused(`the store does not have the base ${header.baseCommit}`);
  const iterator = pack[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true || present !== undefined) {
    if (present?.type !== 'commit')
      throw refused(`there was no pack and the store does not have commit ${header.commit}`);
    await verify({ gitDir: store }, header);
    await drain(iterator);
    return;
  }
  await takePack({
    store,
    pack: rejoin(first.value, iterator),
    commit: header.commit,
    inspect: (quarantine) => verify(quarantine, header),
  });
}

async function verify(at: GitLocation, header: CheckpointHeader): Promise<void> {
  const { stdout } = await runGit(['cat-file', 'commit', header.commit], { ...at, maxOutputBytes: 1024 * 1024 });
  const head = stdout.toString('latin1').split('\n\n', 1)[0] ?? '';
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
