import type { RootFilesystem } from '@heddle/contracts';
import { fieldInvalid, SANDBOX_DRIVERS, type FieldViolation } from '@heddle/domain';
import { agentViolations, checkViolations, variableViolations } from '../shared/recipe-violations.js';
import type { EnvironmentRecipe } from './environment-recipe.js';
import { durationViolations, limitViolations, type PlatformMaxima } from './limit-violations.js';
import { networkViolations } from './network-violations.js';
import { scriptViolations, setupViolations } from './setup-violations.js';
import { testViolations } from './test-violations.js';

/**
 * Everything that can be said of an environment without asking a runner; all faults at once.
 * @param prefix of the fields, as the caller's request has them
 * @throws HeddleError FIELD_INVALID; NOT_AVAILABLE for an agent that is not built yet
 */
export function refuseInvalidEnvironment(recipe: EnvironmentRecipe, maxima: PlatformMaxima, prefix = ''): void {
  const violations: FieldViolation[] = [
    ...variableViolations(recipe.variables, `${prefix}variables`),
    ...limitViolations(recipe.limits, maxima, `${prefix}limits`),
    ...checkViolations(recipe.checks, `${prefix}checks`),
    ...(recipe.agent === undefined ? [] : agentViolations(recipe.agent, `${prefix}agent`)),
    ...setupViolations(recipe.setup, maxima, `${prefix}setup`),
    ...scriptViolations(recipe.maintenance, `${prefix}maintenance`),
    ...networkViolations(recipe.network, `${prefix}network`),
    ...testViolations(recipe, prefix),
    ...driverViolations(recipe.driver, `${prefix}driver`),
    ...rootfsViolations(recipe.rootfs, recipe.driver, `${prefix}rootfs`),
    ...durationViolations(
      recipe.keepDuration,
      maxima.HEDDLE_MAX_KEEP_DURATION,
      'HEDDLE_MAX_KEEP_DURATION',
      `${prefix}keep_duration`,
    ),
  ];
  // An update without a name keeps the one that is there.
  if (recipe.name === '' ? prefix === '' : !/^.{1,100}$/.test(recipe.name))
    violations.push({ field: `${prefix}name`, description: 'must be 1 to 100 characters' });
  if (violations.length > 0) throw fieldInvalid(violations);
}

function driverViolations(driver: string, field: string): FieldViolation[] {
  if (driver === '' || SANDBOX_DRIVERS.some((known) => known === driver)) return [];
  return [{ field, description: `must be one of ${SANDBOX_DRIVERS.join(', ')}, or empty for the runner's own` }];
}

/** Named by its content: what a name alone stands for is another image tomorrow, under the same version of the environment. */
const IMAGE = /^(?:[a-z0-9][A-Za-z0-9._:/-]{0,250}@)?sha256:[0-9a-f]{64}$/;

function rootfsViolations(rootfs: RootFilesystem | undefined, driver: string, field: string): FieldViolation[] {
  if (rootfs === undefined) return [];
  const { directory, image } = rootfs;
  const inContainer = driver === 'CONTAINER';
  const violations: FieldViolation[] = [];
  const fault = (name: string, description: string): unknown =>
    violations.push({ field: `${field}.${name}`, description });
  if (image !== '' && !inContainer) fault('image', 'is for the driver CONTAINER alone');
  else if (image !== '' && !IMAGE.test(image))
    fault('image', 'must name the image by its digest, name@sha256:…, or be the id of one, sha256:…');
  if (directory !== '' && inContainer)
    fault('directory', 'is not for the driver CONTAINER: name an image, or nothing for the programs of the host');
  else if (directory !== '' && !isPlainPath(directory))
    fault('directory', 'must be an absolute path of the runner without . or .. segments');
  return violations;
}

function isPlainPath(path: string): boolean {
  if (!path.startsWith('/') || path.length > 4_096 || path.includes('\0')) return false;
  return path
    .slice(1)
    .split('/')
    .every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}
