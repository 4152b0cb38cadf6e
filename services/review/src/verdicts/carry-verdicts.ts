import { movedContent, type TouchedFile } from '@heddle/domain';
import { showPath, type ChangedFile } from '@heddle/git';
import { IsNull, type EntityManager } from 'typeorm';
import { VerdictEntity, type DismissalFact } from './verdict.entity.js';
import { appendVerdictEvent } from './verdict.mapper.js';

/** Named in a dismissal. */
const NAMED_PATHS = 10;

/** What was decided on a head that is no longer the change's. */
export interface DecidedHead {
  readonly headCommit: string;
  /** Paths whose content is another one since. */
  readonly moved: readonly string[];
}

/** Renames are told apart by content, not by git's guess: both names count. */
export function compareHeads(
  seen: { readonly headCommit: string; readonly files: readonly ChangedFile[] },
  now: readonly ChangedFile[],
): DecidedHead {
  return { headCommit: seen.headCommit, moved: movedContent(touched(seen.files), touched(now)) };
}

/**
 * Verdicts on the head before hold for the new one where every file that the change touches has the same content on both
 * sides; else they are dismissed with the files that differ. The caller holds the lock on the change's row.
 * @param seen absent, or of another head than the one before: nobody knows what differs, and nothing holds
 */
export async function carryVerdicts(
  manager: EntityManager,
  change: { readonly id: string; readonly before: string; readonly now: string; readonly mayNamePaths: boolean },
  seen: DecidedHead | undefined,
): Promise<void> {
  const verdicts = await manager.find(VerdictEntity, {
    where: { changeId: change.id, dismissal: IsNull() },
    order: { id: 'ASC' },
    lock: { mode: 'pessimistic_write' },
  });
  const holds = seen?.headCommit === change.before && seen.moved.length === 0;
  for (const verdict of verdicts) {
    if (holds) await noteHeld(manager, verdict, change.now);
    else
      await noteDismissed(manager, verdict, {
        reason: 'CONTENT_MOVED',
        message: describe(seen?.headCommit === change.before ? seen.moved : [], change.mayNamePaths),
        principal: '',
        createTime: new Date().toISOString(),
      });
  }
}

export async function noteDismissed(
  manager: EntityManager,
  verdict: VerdictEntity,
  dismissal: DismissalFact,
): Promise<void> {
  Object.assign(verdict, { dismissal, heldHeadCommit: null, revision: next(verdict) });
  await manager.save(VerdictEntity, verdict);
  await appendVerdictEvent(manager, verdict, 'dismissed');
}

async function noteHeld(manager: EntityManager, verdict: VerdictEntity, heldHeadCommit: string): Promise<void> {
  Object.assign(verdict, { heldHeadCommit, revision: next(verdict) });
  await manager.save(VerdictEntity, verdict);
  await appendVerdictEvent(manager, verdict, 'held');
}

function next({ revision }: VerdictEntity): string {
  return String(BigInt(revision) + 1n);
}

function describe(moved: readonly string[], mayNamePaths: boolean): string {
  if (moved.length === 0 || !mayNamePaths) return 'The change has another content';
  const more = moved.length - NAMED_PATHS;
  return `Another content: ${moved.slice(0, NAMED_PATHS).join(', ')}${more > 0 ? ` and ${String(more)} more files` : ''}`;
}

function touched(files: readonly ChangedFile[]): TouchedFile[] {
  return files.flatMap(({ path, oldPath, oldMode, oldId, mode, id }) => {
    const name = (bytes: Buffer): string => showPath(bytes).pathBytes?.toString('latin1') ?? showPath(bytes).path;
    const before = { ...(oldMode === undefined ? {} : { oldMode }), ...(oldId === undefined ? {} : { oldId }) };
    const after = { ...(mode === undefined ? {} : { mode }), ...(id === undefined ? {} : { id }) };
    if (oldPath === undefined) return [{ path: name(path), ...before, ...after }];
    return [
      { path: name(oldPath), ...before },
      { path: name(path), ...after },
    ];
  });
}
