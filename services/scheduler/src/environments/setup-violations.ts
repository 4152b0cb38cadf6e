import type { EnvironmentSetup } from '@heddle/contracts';
import type { FieldViolation } from '@heddle/domain';
import { globViolations } from './glob-violations.js';
import { durationViolations, type PlatformMaxima } from './limit-violations.js';

const MAX_SCRIPT_BYTES = 256 * 1024;

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
  return [...violations, ...globViolations(setup.inputs, `${field}.inputs`)];
}

export function scriptViolations(script: string, field: string): FieldViolation[] {
  if (Buffer.byteLength(script) <= MAX_SCRIPT_BYTES && !script.includes('\0')) return [];
  return [{ field, description: 'must be at most 256 KiB, without NUL' }];
}
