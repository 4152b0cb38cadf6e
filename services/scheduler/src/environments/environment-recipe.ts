import { CreateEnvironmentRequest } from '@heddle/contracts';
import { fieldInvalid } from '@heddle/domain';
import type { EnvironmentRows } from './environment.mapper.js';

/** What one version of an environment says. */
export type EnvironmentRecipe = Omit<CreateEnvironmentRequest, 'requestId'>;

/** Fields that an update may replace, each as a whole; in the spelling of an update mask. */
const FIELDS = {
  name: 'name',
  variables: 'variables',
  limits: 'limits',
  checks: 'checks',
  agent: 'agent',
  setup: 'setup',
  maintenance: 'maintenance',
  network: 'network',
  rootfs: 'rootfs',
  driver: 'driver',
  keep_duration: 'keepDuration',
  test_files: 'testFiles',
  test_command: 'testCommand',
  test_load_command: 'testLoadCommand',
  forbidden_paths: 'forbiddenPaths',
  tell_overlaps: 'tellOverlaps',
} as const satisfies Record<string, keyof EnvironmentRecipe>;

type MaskPath = keyof typeof FIELDS;

const PATHS = Object.keys(FIELDS) as readonly MaskPath[];

/** Part of the resource and never changed by a request; a mask of all that was sent names them too. */
const FIXED = ['id', 'version', 'create_time', 'revision', 'etag'];

export function recipeOf({ environment, version }: EnvironmentRows): EnvironmentRecipe {
  return {
    name: environment.name,
    variables: version.variables,
    limits: version.limits ?? undefined,
    checks: version.checks,
    agent: version.agent ?? undefined,
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
  };
}

/**
 * @param mask absent: what is set; an empty list or text cannot be told from one that was not sent
 * @throws HeddleError FIELD_INVALID for a path that is no field of an environment
 */
export function pathsToChange(wanted: EnvironmentRecipe, mask: readonly string[] | undefined): readonly MaskPath[] {
  if (mask === undefined) {
    const empty: EnvironmentRecipe = CreateEnvironmentRequest.create();
    return PATHS.filter((path) => JSON.stringify(wanted[FIELDS[path]]) !== JSON.stringify(empty[FIELDS[path]]));
  }
  const unknown = mask.filter((path) => !Object.hasOwn(FIELDS, path) && !FIXED.includes(path));
  if (unknown.length > 0)
    throw fieldInvalid([
      { field: 'update_mask', description: `names what is no whole field of an environment: ${unknown.join(', ')}` },
    ]);
  return PATHS.filter((path) => mask.includes(path));
}

/** A name is never emptied: every environment has one. */
export function withChanges(
  now: EnvironmentRecipe,
  wanted: EnvironmentRecipe,
  paths: readonly MaskPath[],
): EnvironmentRecipe {
  const changes = Object.fromEntries(paths.map((path) => [FIELDS[path], wanted[FIELDS[path]]]));
  const next: EnvironmentRecipe = { ...now, ...changes };
  return next.name === '' ? { ...next, name: now.name } : next;
}
