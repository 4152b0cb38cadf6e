import type { RootFilesystem } from '@heddle/contracts';
import { fieldInvalid, HeddleError, SANDBOX_DRIVERS, type FieldViolation } from '@heddle/domain';
import { agentViolations, checkViolations, variableViolations } from '../shared/recipe-violations.js';
import type { EnvironmentRecipe } from './environment-recipe.js';
import { durationViolations, limitViolations, type PlatformMaxima } from './limit-violations.js';
import { networkViolations } from './network-violations.js';
import { scriptViolations, setupViolations } from './setup-violations.js';

/**
 * Everything that can be said of an environment without asking a runner; all faults at once.
 * @param prefix of the fields, as the caller's request has them
 * @throws HeddleError FIELD_INVALID; NOT_AVAILABLE for an agent, a driver or an image that is not built yet
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
    ...driverViolations(recipe.driver, `${prefix}driver`),
    ...rootfsViolations(recipe.rootfs, `${prefix}rootfs`),
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
  if (driver === 'CONTAINER') throw notAvailable(field, 'Sandboxes in containers are', 'leave the driver empty');
  if (driver === '' || SANDBOX_DRIVERS.some((known) => known === driver)) return [];
  return [{ field, description: `must be one of ${SANDBOX_DRIVERS.join(', ')}, or empty for the runner's own` }];
}

function rootfsViolations(rootfs: RootFilesystem | undefined, field: string): FieldViolation[] {
  if (rootfs === undefined) return [];
  const { directory, image } = rootfs;
  if (image !== '')
    throw notAvailable(
      `${field}.image`,
      'Images are',
      "unpack it below a directory that the runner's operator allows, and name that in rootfs.directory",
    );
  if (directory === '' || isPlainPath(directory)) return [];
  return [
    { field: `${field}.directory`, description: 'must be an absolute path of the runner without . or .. segments' },
  ];
}

function notAvailable(field: string, what: string, instead: string): HeddleError {
  return new HeddleError('NOT_AVAILABLE', `${what} not available yet; ${instead}`, { metadata: { field } });
}

function isPlainPath(path: string): boolean {
  if (!path.startsWith('/') || path.length > 4_096 || path.includes('\0')) return false;
  return path
    .slice(1)
    .split('/')
    .every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}
