import type { AgentSpec } from '@heddle/contracts';
import type { NewEvent } from '@heddle/platform/outbox';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { BatchEntity } from '../persistence/batch.entity.js';
import { TaskEntity } from '../persistence/task.entity.js';
import { attemptJson, toAttempt, type AttemptSurroundings } from './attempt.mapper.js';

export interface AttemptInPlace {
  readonly attempt: AttemptEntity;
  readonly around: AttemptSurroundings;
}

/** Attempts as `a` with what they show of their tasks and batches, in one query. */
export function attemptsInPlace(manager: EntityManager): SelectQueryBuilder<AttemptEntity> {
  return manager
    .createQueryBuilder(AttemptEntity, 'a')
    .innerJoin(TaskEntity, 't', 't.id = a.task_id')
    .innerJoin(BatchEntity, 'b', 'b.id = a.batch_id')
    .addSelect('COALESCE(a.agent, t.agent)', 'agent')
    .addSelect('b.environment_version', 'environment_version')
    .addSelect('b.traceparent', 'traceparent');
}

export async function readInPlace(query: SelectQueryBuilder<AttemptEntity>): Promise<AttemptInPlace[]> {
  const { entities, raw } = await query.getRawAndEntities<{
    agent: AgentSpec;
    environment_version: number;
    traceparent: string;
  }>();
  return entities.map((attempt, index) => {
    const row = raw[index];
    if (row === undefined) throw new Error('unreachable: one row for each attempt');
    const { agent, environment_version: environmentVersion, traceparent } = row;
    return { attempt, around: { agent, environmentVersion, traceparent } };
  });
}

/** Locks the attempt's row until the transaction ends. */
export async function lockAttempt(manager: EntityManager, id: string): Promise<AttemptInPlace | undefined> {
  const query = attemptsInPlace(manager).where('a.id = :id', { id }).setLock('pessimistic_write', undefined, ['a']);
  return (await readInPlace(query))[0];
}

/** Changes a locked row, and `attempt` with it; its revision goes up by one. */
export async function changeAttempt(
  manager: EntityManager,
  attempt: AttemptEntity,
  changes: Partial<AttemptEntity>,
): Promise<void> {
  const next = { ...changes, revision: String(BigInt(attempt.revision) + 1n) };
  await manager.update(AttemptEntity, { id: attempt.id }, next);
  Object.assign(attempt, next);
}

export function attemptEvent({ attempt, around }: AttemptInPlace, type: string): NewEvent {
  return {
    aggregate: 'attempt',
    id: attempt.id,
    version: attempt.revision,
    type,
    data: attemptJson(toAttempt(attempt, around)),
    traceparent: around.traceparent,
  };
}
