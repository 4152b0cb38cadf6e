import { CheckResult_State } from '@heddle/contracts';
import { checksFromJson } from '../changes/change.mapper.js';
import type { LandingEntity } from './landing.entity.js';

const MOST_PATHS = 50;

/** Why a landing fell out, for whoever is to put it right. */
export function landingEvidence(landing: LandingEntity): string {
  const { branch, onto, conflictPaths } = landing;
  const at = onto === null ? '' : ` at ${onto.slice(0, 12)}`;
  const red = checksFromJson(landing.checks).filter(
    (check) => !check.advisory && check.state !== CheckResult_State.PASSED,
  );
  return [
    `The change did not land on ${branch}${at}: ${landing.reason}.`,
    ...(landing.message === '' ? [] : [landing.message]),
    ...conflictPaths.slice(0, MOST_PATHS).map((path) => `Conflict in ${path}`),
    ...red.map(({ name, state, exitCode }) => {
      const code = exitCode === undefined ? '' : `, exit code ${String(exitCode)}`;
      return `On the merged tree the check ${name} is ${state}${code}.`;
    }),
    'Others have landed since it began.',
  ].join('\n');
}
