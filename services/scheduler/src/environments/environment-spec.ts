import type { SandboxSpec } from '@heddle/contracts/internal';
import type { EnvironmentRows } from './environment.mapper.js';

type OfEnvironment = Pick<
  SandboxSpec,
  | 'variables'
  | 'limits'
  | 'environmentVersion'
  | 'setup'
  | 'maintenance'
  | 'network'
  | 'rootfs'
  | 'driver'
  | 'keepDuration'
  | 'environmentId'
  | 'cacheEpoch'
  | 'testFiles'
  | 'testCommand'
  | 'testLoadCommand'
  | 'forbiddenPaths'
>;

/** What a runner must know of an environment to make a sandbox of it. */
export function environmentSpec({ environment, version }: EnvironmentRows): OfEnvironment {
  return {
    variables: version.variables,
    limits: version.limits ?? undefined,
    environmentVersion: version.version,
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
    environmentId: environment.id,
    cacheEpoch: environment.cacheEpoch,
  };
}
