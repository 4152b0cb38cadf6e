import type { CheckpointHeader } from '@heddle/contracts/internal';
import type { EntityManager } from 'typeorm';

/** An attempt that has shown nothing new for so long is not at work, whatever was or was not heard of its end. */
const LONGEST_SILENCE = `interval '1 day'`;

/** Makes a checkpoint what its attempt is compared by, unless a later one, or a change, is there already. */
export async function raiseLiveHead(manager: EntityManager, header: CheckpointHeader): Promise<void> {
  await manager.query(
    `INSERT INTO live_heads (attempt_id, task_id, batch_id, repository_id, base_commit, commit, tree_id, fence, number, update_time)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, now()
     WHERE NOT EXISTS (SELECT 1 FROM changes WHERE attempt_id = $1 AND (fence, checkpoint_number) >= ($8, $9))
     ON CONFLICT (attempt_id) DO UPDATE SET commit = EXCLUDED.commit, tree_id = EXCLUDED.tree_id, fence = EXCLUDED.fence,
       number = EXCLUDED.number, update_time = EXCLUDED.update_time
     WHERE (live_heads.fence, live_heads.number) < (EXCLUDED.fence, EXCLUDED.number)`,
    [
      header.attemptId,
      header.taskId,
      header.batchId,
      header.repositoryId,
      header.baseCommit,
      header.commit,
      header.treeId,
      header.fence,
      header.number,
    ],
  );
}

/** The turn has ended: from now on the attempt is compared by its change. */
export async function settleLiveHead(manager: EntityManager, header: CheckpointHeader): Promise<void> {
  await manager.query(`DELETE FROM live_heads WHERE attempt_id = $1 AND (fence, number) <= ($2, $3)`, [
    header.attemptId,
    header.fence,
    header.number,
  ]);
}

/** The attempt has ended. @returns its batch, where it was compared */
export async function dropLiveHead(manager: EntityManager, attemptId: string): Promise<string | undefined> {
  const [rows]: [{ batch_id: string }[], number] = await manager.query(
    'DELETE FROM live_heads WHERE attempt_id = $1 RETURNING batch_id',
    [attemptId],
  );
  return rows[0]?.batch_id;
}

export async function dropSilentHeads(manager: EntityManager): Promise<void> {
  await manager.query(`DELETE FROM live_heads WHERE update_time < now() - ${LONGEST_SILENCE}`);
}

/** Batches in which attempts are compared while they run, or were. */
export async function batchesAtWork(manager: EntityManager): Promise<string[]> {
  const rows: { batch_id: string }[] = await manager.query(
    `SELECT batch_id FROM live_heads UNION SELECT batch_id FROM overlap_pairs WHERE basis = 'LIVE'`,
  );
  return rows.map((row) => row.batch_id);
}
