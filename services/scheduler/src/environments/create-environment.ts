import type { EntityManager } from 'typeorm';
import { EnvironmentEntity, EnvironmentVersionEntity } from '../persistence/environment.entity.js';
import { newId } from '@heddle/platform/ids';
import type { EnvironmentRecipe } from './environment-recipe.js';
import type { EnvironmentRows } from './environment.mapper.js';
import { reserveName } from './environment-rows.js';

/** Makes an environment with its version 1, in the caller's transaction. @throws HeddleError NAME_TAKEN */
export async function createEnvironment(manager: EntityManager, recipe: EnvironmentRecipe): Promise<EnvironmentRows> {
  await reserveName(manager, recipe.name);
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
    setup: recipe.setup ?? null,
    maintenance: recipe.maintenance,
    network: recipe.network ?? null,
    rootfs: recipe.rootfs ?? null,
    driver: recipe.driver,
    keepDuration: recipe.keepDuration ?? null,
    testFiles: recipe.testFiles,
    testCommand: recipe.testCommand,
    testLoadCommand: recipe.testLoadCommand,
    forbiddenPaths: recipe.forbiddenPaths,
    tellOverlaps: recipe.tellOverlaps,
    createTime: new Date(),
  });
  await manager.insert(EnvironmentVersionEntity, row);
  return row;
}
