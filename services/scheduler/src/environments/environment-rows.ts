import { HeddleError } from '@heddle/domain';
import { requireId } from '@heddle/platform/ids';
import { appendEvent } from '@heddle/platform/outbox';
import type { EntityManager } from 'typeorm';
import { EnvironmentEntity, EnvironmentVersionEntity } from '../persistence/environment.entity.js';
import { environmentEvent, type EnvironmentRows } from './environment.mapper.js';

/**
 * @param version 0: the newest
 * @throws HeddleError ENVIRONMENT_NOT_FOUND
 */
export async function findEnvironment(manager: EntityManager, id: string, version: number): Promise<EnvironmentRows> {
  requireId(id, 'ENVIRONMENT_NOT_FOUND', 'environment');
  const environment = await manager.findOneBy(EnvironmentEntity, { id });
  const wanted = version === 0 ? environment?.latestVersion : version;
  const found =
    environment === null || wanted === undefined
      ? null
      : await manager.findOneBy(EnvironmentVersionEntity, { environmentId: id, version: wanted });
  if (environment === null || found === null) throw notFound(id, version);
  return { environment, version: found };
}

/**
 * The newest version, with the environment's row locked until the transaction ends.
 * @throws HeddleError ENVIRONMENT_NOT_FOUND
 */
export async function lockEnvironment(manager: EntityManager, id: string): Promise<EnvironmentRows> {
  const environment = await manager.findOne(EnvironmentEntity, {
    where: { id: requireId(id, 'ENVIRONMENT_NOT_FOUND', 'environment') },
    lock: { mode: 'pessimistic_write' },
  });
  if (environment === null) throw notFound(id, 0);
  const version = await manager.findOneByOrFail(EnvironmentVersionEntity, {
    environmentId: id,
    version: environment.latestVersion,
  });
  return { environment, version };
}

/**
 * Until the transaction ends nobody else gives the name to an environment. By a lock and not by an index: there may be
 * environments of one name from before this was refused.
 * @throws HeddleError NAME_TAKEN
 */
export async function reserveName(manager: EntityManager, name: string): Promise<void> {
  await manager.query(`SELECT pg_advisory_xact_lock(hashtext('environments.name'), hashtext($1))`, [name]);
  const taken = await manager.findOneBy(EnvironmentEntity, { name });
  if (taken === null) return;
  throw new HeddleError('NAME_TAKEN', `There is an environment with the name ${name} already`, {
    metadata: { name, id: taken.id },
  });
}

/** Stores a locked environment as it is now, its revision one up, with the event that says `what` happened. */
export async function saveEnvironment(manager: EntityManager, rows: EnvironmentRows, what: string): Promise<void> {
  rows.environment.revision = String(BigInt(rows.environment.revision) + 1n);
  await manager.save(EnvironmentEntity, rows.environment);
  await appendEvent(manager, environmentEvent(rows, what));
}

function notFound(id: string, version: number): HeddleError {
  const which = version === 0 ? '' : ` in version ${String(version)}`;
  return new HeddleError('ENVIRONMENT_NOT_FOUND', `No environment has this id${which}: ${id}`, { metadata: { id } });
}
