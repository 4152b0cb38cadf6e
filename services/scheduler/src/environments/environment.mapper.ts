import { Environment } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import type { NewEvent } from '@heddle/platform/outbox';
import type { EnvironmentEntity, EnvironmentVersionEntity } from '../persistence/environment.entity.js';

export interface EnvironmentRows {
  readonly environment: EnvironmentEntity;
  readonly version: EnvironmentVersionEntity;
}

export function toEnvironment({ environment, version }: EnvironmentRows): Environment {
  return Environment.fromPartial({
    id: environment.id,
    name: environment.name,
    version: version.version,
    variables: version.variables,
    limits: version.limits ?? undefined,
    checks: version.checks,
    agent: version.agent ?? undefined,
    createTime: version.createTime,
    revision: environment.revision,
    etag: environment.revision,
    setup: version.setup ?? undefined,
    maintenance: version.maintenance,
    network: version.network ?? undefined,
    rootfs: version.rootfs ?? undefined,
    driver: version.driver,
    keepDuration: version.keepDuration ?? undefined,
    testFiles: version.testFiles,
    testCommand: version.testCommand,
    testLoadCommand: version.testLoadCommand,
    forbiddenPaths: version.forbiddenPaths,
    tellOverlaps: version.tellOverlaps,
  });
}

/** @param what for example `updated` */
export function environmentEvent(rows: EnvironmentRows, what: string): NewEvent {
  return {
    aggregate: 'environment',
    id: rows.environment.id,
    version: rows.environment.revision,
    type: `environment.${what}`,
    data: toCanonicalJson('heddle.v1.Environment', Environment, toEnvironment(rows)),
  };
}
