import { In, IsNull, type EntityManager } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';
import { insertLanding } from '../landings/insert-landing.js';
import { LandingEntity } from '../landings/landing.entity.js';
import { lockLandings, moveLanding, noteOnLanding, UNTESTED } from '../landings/move-landing.js';
import { ReconciliationEntity } from './reconciliation.entity.js';
import { inputsOf } from './reconciliation-rows.js';

/** Why an input of a reconciliation is LANDED. */
export const LANDED_VIA = 'LANDED_VIA';

/**
 * With the result of a reconciliation its inputs have landed too, in the same transaction: each gets a landing that says
 * so, or the one that it has becomes that. An input that has moved on since is not in the result as it is now, and stays.
 * With the landing that takes the result back, those of the inputs are taken back.
 * @param landed a landing that was just moved to LANDED
 * @returns ids of the landings that changed
 */
export async function landInputs(manager: EntityManager, landed: LandingEntity): Promise<string[]> {
  const row = await manager.findOneBy(ReconciliationEntity, { changeId: landed.changeId });
  if (row === null) return [];
  const inputs = await inputsOf(manager, row.id);
  const changeIds = inputs.map(({ changeId }) => changeId);
  if (landed.revertsId !== null) return takeBack(manager, changeIds, landed.revertsId, landed.id);
  const changes = await manager.findBy(ChangeEntity, { id: In(changeIds) });
  const byId = new Map(changes.map((change) => [change.id, change]));
  const ids: string[] = [];
  for (const input of inputs) {
    const change = byId.get(input.changeId);
    if (change?.headCommit !== input.headCommit) continue;
    ids.push(...(await landInput(manager, change, landed, row.id)));
  }
  return ids;
}

async function landInput(
  manager: EntityManager,
  change: ChangeEntity,
  landed: LandingEntity,
  reconciliationId: string,
): Promise<string[]> {
  const known = await manager.findBy(LandingEntity, {
    changeId: change.id,
    branch: landed.branch,
    state: In(['QUEUED', 'TESTING', 'PUSHING', 'PROPOSED', 'LANDED', 'CONFLICTED']),
    revertsId: IsNull(),
    revertedById: IsNull(),
  });
  const rows = await lockLandings(
    manager,
    known.map(({ id }) => id),
  );
  // Its own push decides, or has decided.
  if (rows.some(({ state }) => state === 'LANDED' || state === 'PUSHING' || state === 'PROPOSED')) return [];
  const waiting = rows.find(({ state }) => state !== 'CONFLICTED') ?? rows.at(-1);
  const row = waiting ?? (await insertLanding(manager, ofInput(change, landed)));
  if (row.state === 'TESTING') await moveLanding(manager, row, 'QUEUED', UNTESTED);
  await moveLanding(manager, row, 'LANDED', {
    reason: LANDED_VIA,
    message: `It landed with the reconciliation ${reconciliationId}, by landing ${landed.id}`,
    conflictPaths: [],
    candidate: null,
    commit: landed.commit,
    landedCommit: landed.landedCommit,
  });
  return [row.id];
}

function ofInput(change: ChangeEntity, landed: LandingEntity): Parameters<typeof insertLanding>[1] {
  const { repositoryId, queueId, branch, style, delivery, priority, traceparent } = landed;
  return {
    changeId: change.id,
    attemptId: change.attemptId,
    taskId: change.taskId,
    batchId: change.batchId,
    repositoryId,
    queueId,
    branch,
    style,
    delivery,
    priority,
    headCommit: change.headCommit,
    baseCommit: change.baseCommit,
    title: change.title,
    // Nothing of it is tested by itself.
    spec: Buffer.alloc(0),
    revertsId: null,
    traceparent,
  };
}

/** What landed by itself stays: only what came with the result goes with it. */
async function takeBack(
  manager: EntityManager,
  changeIds: readonly string[],
  revertedId: string,
  revertId: string,
): Promise<string[]> {
  const { commit, branch } = await manager.findOneByOrFail(LandingEntity, { id: revertedId });
  if (commit === null) return [];
  const via = { state: 'LANDED' as const, reason: LANDED_VIA, branch, commit, revertedById: IsNull() };
  const known = await manager.findBy(LandingEntity, { changeId: In([...changeIds]), ...via });
  const rows = await lockLandings(
    manager,
    known.map(({ id }) => id),
  );
  for (const row of rows) await noteOnLanding(manager, row, 'landing.reverted', { revertedById: revertId });
  return rows.map(({ id }) => id);
}
