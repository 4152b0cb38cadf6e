import { fieldInvalid, HeddleError } from '@heddle/domain';
import { requireId } from '@heddle/platform/ids';
import { In, type EntityManager } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';
import { requireNoSecret, requireSight } from '../changes/secret-in-change.js';
import { requireBranch } from '../shared/require-branch.js';

const MAX_INPUTS = 50;

/**
 * Changes that can be made one, in the order asked.
 * @throws HeddleError FIELD_INVALID, CHANGE_NOT_FOUND, CHANGE_PARTIAL, CHANGE_EMPTY, SECRET_IN_CHANGE
 */
export async function readInputs(
  manager: EntityManager,
  {
    changeIds,
    targetBranch,
    fromTip,
  }: { readonly changeIds: readonly string[]; readonly targetBranch: string; readonly fromTip: boolean },
): Promise<ChangeEntity[]> {
  const invalid = (description: string): HeddleError => fieldInvalid([{ field: 'change_ids', description }]);
  // One change is brought onto what the branch has now.
  const least = fromTip ? 1 : 2;
  if (changeIds.length < least || changeIds.length > MAX_INPUTS)
    throw invalid(`must be ${String(least)} to ${String(MAX_INPUTS)} changes`);
  if (new Set(changeIds).size < changeIds.length) throw invalid('must be different changes');
  requireBranch(targetBranch);
  for (const id of changeIds) requireId(id, 'CHANGE_NOT_FOUND', 'change');
  const rows = new Map(
    (await manager.findBy(ChangeEntity, { id: In([...changeIds]) })).map((row) => [row.id, row] as const),
  );
  const changes = changeIds.map((id) => {
    const row = rows.get(id);
    if (row === undefined) throw new HeddleError('CHANGE_NOT_FOUND', `There is no change ${id}`, { metadata: { id } });
    return row;
  });
  if (new Set(changes.map(({ repositoryId }) => repositoryId)).size > 1) throw invalid('must be of one repository');
  changes.forEach(requireReconcilable);
  return changes;
}

function requireReconcilable(change: ChangeEntity): void {
  const metadata = { id: change.id };
  if (change.partial)
    throw new HeddleError('CHANGE_PARTIAL', `The turn behind the change ${change.id} did not end well`, { metadata });
  if (change.empty)
    throw new HeddleError('CHANGE_EMPTY', `The change ${change.id} is empty: there is nothing of it to merge`, {
      metadata,
    });
  requireSight(change);
  requireNoSecret(change);
}
