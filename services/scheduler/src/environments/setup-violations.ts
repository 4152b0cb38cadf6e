import type { EnvironmentSetup } from '@heddle/contracts';
import type { FieldViolation } from '@heddle/domain';
import { durationViolations, type PlatformMaxima } from './limit-violations.js';

const MAX_SCRIPT_BYTES = 256 * 1024;
const MAX_INPUTS = 100;
const MAX_GLOB_LENGTH = 1_024;

export function setupViolations(
  setup: EnvironmentSetup | undefined,
  maxima: PlatformMaxima,
  field: string,
): FieldViolation[] {
  if (setup === undefined) return [];
  const violations = [
    ...scriptViolations(setup.script, `${field}.script`),
    ...durationViolations(setup.timeout, maxima.HEDDLE_MAX_DURATION, 'HEDDLE_MAX_DURATION', `${field}.timeout`),
  ];
  if (setup.inputs.length > MAX_INPUTS)
    violations.push({ field: `${field}.inputs`, description: `must be at most ${String(MAX_INPUTS)}` });
  setup.inputs.forEach((glob, index) => {
    if (!isGlob(glob))
      violations.push({
        field: `${field}.inputs[${String(index)}]`,
        description: 'must be a glob relative to the work tree, for example package-lock.json or **/go.sum',
      });
  });
  return violations;
}

export function scriptViolations(script: string, field: string): FieldViolation[] {
  if (Buffer.byteLength(script) <= MAX_SCRIPT_BYTES && !script.includes('\0')) return [];
  return [{ field, description: 'must be at most 256 KiB, without NUL' }];
}

/** Matched against the paths of a tree, which have no empty, `.` or `..` segment: a glob with one would never match. */
function isGlob(glob: string): boolean {
  if (glob === '' || glob.length > MAX_GLOB_LENGTH || /[\0-\x1f]/.test(glob)) return false;
  return glob.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}
