import { newId } from '@heddle/platform/ids';
import { appendEvent } from '@heddle/platform/outbox';
import { In, type EntityManager } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';
import { LandingEntity } from '../landings/landing.entity.js';
import { landingJson } from '../landings/landing.mapper.js';
import { lockLandings, moveLanding, UNTESTED } from '../landings/move-landing.js';
import { ReconciliationEntity } from './reconciliation.entity.js';
import { inputsOf } from './reconciliation-rows.js';

export const LANDED_VIA = 'LANDED_VIA';

/**
 * With the result of a reconciliation its inputs have landed too, in the same transaction: each gets a landing that says
 * so, or the one that it has becomes that. An input that has moved on since is not in the result as it is now, and stays.
 * @param landed a landing that was just moved to LANDED
 * @returns ids of the landings that moved
 */
export async function landInputs(manager: EntityManager, landed: LandingEntity): Promise<string[]> {
  const row = await manager.findOneBy(ReconciliationEntity, { changeId: landed.changeId });
  if (row === null) return [];
  const inputs = await inputsOf(manager, row.id);
  const changes = new Map(
    (await manager.findBy(ChangeEntity, { id: In(inputs.map(({ changeId }) => changeId)) })).map((change) => [
      change.id,
      change,
    ]),
  );
  const ids: string[] = [];
  for (const input of inputs) {
    const change = changes.get(input.changeId);
    if (change?.headCommit !== input.headCommit) continue;
    const id = await landInput(manager, change, landed, row.id);
    if (id !== undefined) ids.push(id);
  }
  return ids;
}

async function landInput(
  manager: EntityManager,
  change: ChangeEntity,
  landed: LandingEntity,
  reconciliationId: string,
): Promise<string | undefined> {
  const facts = {
    reason: LANDED_VIA,
    message: `It landed with the reconciliation ${reconciliationId}, by landing ${landed.id}`,
    conflictPaths: [],
    commit: landed.commit,
  };
  const known = await manager.findBy(LandingEntity, {
    changeId: change.id,
    branch: landed.branch,
    state: In(['QUEUED', 'TESTING', 'PUSHING', 'PROPOSED', 'LANDED', 'CONFLICTED']),
  });
  const rows = await lockLandings(
    manager,
    known.map(({ id }) => id),
  );
  // Its own push decides, or has decided.
  if (rows.some(({ state }) => state === 'LANDED' || state === 'PUSHING' || state === 'PROPOSED')) return undefined;
  const open = rows.find(({ state }) => state !== 'CONFLICTED') ?? rows.at(-1);
  if (open !== undefined && open.state !== 'EJECTED') {
    if (open.state === 'TESTING') await moveLanding(manager, open, 'QUEUED', UNTESTED);
    await moveLanding(manager, open, 'LANDED', { ...facts, candidate: null });
    return open.id;
  }
  const row = manager.create(LandingEntity, {
    ...facts,
    id: newId(),
    changeId: change.id,
    attemptId: change.attemptId,
    taskId: change.taskId,
    batchId: change.batchId,
    repositoryId: change.repositoryId,
    branch: landed.branch,
    headCommit: change.headCommit,
    baseCommit: change.baseCommit,
    title: change.title,
    // Nothing of it is tested by itself.
    spec: Buffer.alloc(0),
    state: 'LANDED',
    stateSince: new Date(),
    checks: [],
    fence: '0',
    candidate: null,
    expectedOld: landed.expectedOld,
    pushHead: landed.pushHead,
    traceparent: landed.traceparent,
    createTime: new Date(),
    endTime: new Date(),
    revision: '1',
    dispatchedAt: new Date(),
  });
  await manager.insert(LandingEntity, row);
  await appendEvent(manager, {
    aggregate: 'landing',
    id: row.id,
    version: 1,
    type: 'landing.landed',
    data: landingJson(row),
    traceparent: row.traceparent,
  });
  return row.id;
}
