import { Injectable } from '@nestjs/common';
import {
  CheckpointHeader,
  type OpenAttemptRequest,
  type StoreCheckpointRequest,
  type StoreCheckpointResponse,
} from '@heddle/contracts/internal';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { lookUp, treeOf, updateRefs, type ChangedFile } from '@heddle/git';
import { DataSource, type EntityManager } from 'typeorm';
import { ReviewStates } from '../approvals/review-states.js';
import { ChangeFiles } from '../changes/change-files.js';
import { ChangeEntity } from '../changes/change.entity.js';
import { recordChange } from '../changes/record-change.js';
import { raiseLiveHead, settleLiveHead } from '../overlaps/live/live-heads.js';
import { LiveOverlapEngine } from '../overlaps/live/live-overlap-engine.js';
import { OverlapEngine } from '../overlaps/overlap-engine.js';
import { compareHeads, type DecidedHead } from '../verdicts/carry-verdicts.js';
import { ChangeBell } from '@heddle/platform/waiting';
import { requireId } from '@heddle/platform/ids';
import { ReconciledResults, type ReconciledResult } from '../reconciliations/reconciled-results.js';
import { CheckpointEntity } from './checkpoint.entity.js';
import { bringObjects } from './checkpoint-objects.js';
import { openUpload } from './checkpoint-upload.js';
import { GitStores } from './git-stores.js';
import { checkpointRef } from './ref-names.js';

/** Of the periodic checkpoints of a fence the newest so many keep their refs; those of turn ends stay. */
const KEPT_PERIODIC = 3;

/** Takes in what runners captured: objects, then the ref, then the rows and their events (design: git store). */
@Injectable()
export class CheckpointService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly stores: GitStores,
    private readonly files: ChangeFiles,
    private readonly overlaps: OverlapEngine,
    private readonly reconciled: ReconciledResults,
    private readonly states: ReviewStates,
    private readonly liveOverlaps: LiveOverlapEngine,
    private readonly bell: ChangeBell,
  ) {}

  /** From now on a lower fence writes salvage only. */
  async openAttempt({ repositoryId, attemptId, fence }: OpenAttemptRequest): Promise<void> {
    const repository = await this.stores.repository(repositoryId);
    requireId(attemptId, 'ATTEMPT_NOT_FOUND', 'attempt');
    if (!/^\d{1,18}$/.test(fence)) throw fieldInvalid([{ field: 'fence', description: 'must not be negative' }]);
    const newest = await this.raiseFence(this.dataSource.manager, attemptId, repository.id, fence);
    if (BigInt(newest) > BigInt(fence)) {
      throw new HeddleError('FENCE_SUPERSEDED', `Attempt ${attemptId} was opened with a newer fence`, {
        metadata: { fence, newest },
      });
    }
  }

  async store(parts: AsyncIterable<StoreCheckpointRequest>): Promise<StoreCheckpointResponse> {
    const { header, pack } = await openUpload(parts);
    const repository = await this.stores.repository(header.repositoryId);
    await bringObjects(this.stores.directory(repository.id), header, pack);
    await this.note(header);
    return this.complete(header);
  }

  /** Draws the consequences of a checkpoint whose objects are stored. Repeats are harmless. */
  async complete(header: CheckpointHeader): Promise<StoreCheckpointResponse> {
    const store = this.stores.directory(header.repositoryId);
    // Outside the transaction: nothing of it depends on rows.
    const files = header.final ? await this.files.of(header.repositoryId, header.baseCommit, header.commit) : [];
    const result = header.final ? await this.reconciled.of(header) : undefined;
    const seen = header.final ? await this.seenBefore(header, files) : undefined;
    const answer = await this.dataSource.transaction(async (manager) => {
      const newest = await this.raiseFence(manager, header.attemptId, header.repositoryId, header.fence);
      const salvaged = BigInt(newest) > BigInt(header.fence);
      const ref = checkpointRef(salvaged ? 'salvage' : 'attempts', header);
      const commit = await createOnce(store, ref, header);
      const head = { ref: result?.ref ?? ref, files, seen, stateOf: this.states.stateOf.bind(this.states) };
      const recorded = asChange({ ...header, commit }, result);
      const changeId = header.final && !salvaged ? await recordChange(manager, recorded, head) : '';
      if (header.final) await settleLiveHead(manager, header);
      else if (!salvaged) await raiseLiveHead(manager, { ...header, commit });
      await manager.update(CheckpointEntity, nameOf(header), { ref, storedAt: new Date() });
      return { ref, salvaged, changeId };
    });
    if (!header.final) await this.dropOlder(store, header);
    if (answer.changeId !== '') {
      this.bell.ring(answer.changeId);
      this.overlaps.poke(header.batchId);
    }
    this.liveOverlaps.poke(header.batchId);
    return answer;
  }

  /** What a reviewer of the attempt's present change has seen, beside what is there now. */
  private async seenBefore(header: CheckpointHeader, files: readonly ChangedFile[]): Promise<DecidedHead | undefined> {
    const change = await this.dataSource.manager.findOneBy(ChangeEntity, { attemptId: header.attemptId });
    if (change === null || change.headCommit === header.commit) return undefined;
    const before = await this.files.of(change.repositoryId, change.baseCommit, change.headCommit);
    return compareHeads({ headCommit: change.headCommit, files: before }, files);
  }

  /** Locks the attempt's row until the transaction ends, so that a fence can't be opened between the look and the ref. */
  private async raiseFence(
    manager: EntityManager,
    attemptId: string,
    repositoryId: string,
    fence: string,
  ): Promise<string> {
    const rows: { fence: string }[] = await manager.query(
      `INSERT INTO attempts (id, repository_id, fence) VALUES ($1, $2, $3)
       ON CONFLICT (id) DO UPDATE SET fence = GREATEST(attempts.fence, EXCLUDED.fence) RETURNING fence`,
      [attemptId, repositoryId, fence],
    );
    return rows[0]?.fence ?? fence;
  }

  /** What the reconciler needs to complete it, should this process die before it does so itself. */
  private async note(header: CheckpointHeader): Promise<void> {
    const { manager } = this.dataSource;
    await manager
      .createQueryBuilder()
      .insert()
      .into(CheckpointEntity)
      .values({
        ...nameOf(header),
        commit: header.commit,
        treeId: header.treeId,
        ref: null,
        header: Buffer.from(CheckpointHeader.encode(header).finish()),
        createTime: new Date(),
        storedAt: null,
      })
      .orIgnore()
      .execute();
    const noted = await manager.findOneByOrFail(CheckpointEntity, nameOf(header));
    if (noted.treeId !== header.treeId) throw treeDiffers(header, noted.treeId);
  }

  private async dropOlder(store: string, header: CheckpointHeader): Promise<void> {
    const rows: { ref: string; commit: string }[] = await this.dataSource.query(
      `SELECT ref, commit FROM checkpoints WHERE attempt_id = $1 AND fence = $2 AND number <= $3 AND stored_at IS NOT NULL
         AND ref NOT IN (SELECT ref FROM changes WHERE attempt_id = $1)
       ORDER BY number DESC OFFSET $4 LIMIT 10`,
      [header.attemptId, header.fence, header.number, KEPT_PERIODIC],
    );
    const present = await lookUp(
      { gitDir: store },
      rows.map((row) => row.ref),
    );
    const commands = rows.flatMap((row, index) => {
      const entry = present[index];
      return entry === undefined ? [] : [{ kind: 'delete', ref: row.ref, old: entry.id } as const];
    });
    await updateRefs(store, commands);
    await this.dataSource.query('DELETE FROM checkpoints WHERE attempt_id = $1 AND fence = $2 AND ref = ANY($3)', [
      header.attemptId,
      header.fence,
      rows.map((row) => row.ref),
    ]);
  }
}

/** A reconciliation's result has all inputs as parents, and is not whole while conflict markers are left in it. */
function asChange(header: CheckpointHeader, result: ReconciledResult | undefined): CheckpointHeader {
  if (result === undefined) return header;
  const { commit, notices } = result;
  return {
    ...header,
    commit,
    partial: header.partial || notices.length > 0,
    notices: [...header.notices, ...notices],
  };
}

function nameOf(header: CheckpointHeader): { attemptId: string; fence: string; number: number } {
  return { attemptId: header.attemptId, fence: header.fence, number: header.number };
}

/** @returns the commit that the ref names: of a repeat with the same tree, the first one's */
async function createOnce(store: string, ref: string, header: CheckpointHeader): Promise<string> {
  try {
    await updateRefs(store, [{ kind: 'create', ref, id: header.commit }]);
    return header.commit;
  } catch (error) {
    if (!HeddleError.is(error) || error.reason !== 'VERSION_CONFLICT') throw error;
  }
  const [stored] = await lookUp({ gitDir: store }, [ref]);
  const tree = stored === undefined ? '' : await treeOf({ gitDir: store }, stored.id);
  if (stored === undefined || tree !== header.treeId) throw treeDiffers(header, tree);
  return stored.id;
}

function treeDiffers(header: CheckpointHeader, stored: string): HeddleError {
  return new HeddleError(
    'TREE_DIFFERS',
    `Checkpoint ${String(header.number)} of fence ${header.fence} was stored with another tree`,
    {
      metadata: { attemptId: header.attemptId, stored, offered: header.treeId },
    },
  );
}
