import type { AgentSpec, Check, SandboxLimits } from '@heddle/contracts';
import type { EntityManager } from 'typeorm';
import { EnvironmentEntity, EnvironmentVersionEntity } from '../persistence/environment.entity.js';
import { newId } from '@heddle/platform/ids';
import type { EnvironmentRows } from './environment.mapper.js';

/** What one version of an environment says. */
export interface EnvironmentRecipe {
  readonly name: string;
  readonly variables: Record<string, string>;
  readonly limits?: SandboxLimits | undefined;
  readonly checks: Check[];
  readonly agent?: AgentSpec | undefined;
}

/** Makes an environment with its version 1, in the caller's transaction. */
export async function createEnvironment(manager: EntityManager, recipe: EnvironmentRecipe): Promise<EnvironmentRows> {
  const environment = manager.create(EnvironmentEntity, {
    id: newId(),
    name: recipe.name,
    latestVersion: 1,
    revision: '1',
    cacheEpoch: '0',
    createTime: new Date(),
  });
  await manager.insert(EnvironmentEntity, environment);
  return { environment, version: await insertVersion(manager, environment, 1, recipe) };
}

export async function insertVersion(
  manager: EntityManager,
  environment: EnvironmentEntity,
  version: number,
  recipe: EnvironmentRecipe,
): Promise<EnvironmentVersionEntity> {
  const row = manager.create(EnvironmentVersionEntity, {
    environmentId: environment.id,
    version,
    variables: recipe.variables,
    limits: recipe.limits ?? null,
    checks: recipe.checks,
    agent: recipe.agent ?? null,
    setup: null,
    maintenance: '',
    network: null,
    rootfs: null,
    driver: '',
    keepDuration: null,
    createTime: new Date(),
  });
  await manager.insert(EnvironmentVersionEntity, row);
  return row;
}
