import type { DemoPlan, TestRun } from './plan.js';
import type { Results } from './stages/collect.js';
import type { Landed } from './stages/land.js';
import type { Review } from './stages/review.js';

export interface Outcome {
  readonly results: Results;
  readonly review: Review;
  readonly landed: readonly Landed[];
  /** Undefined: nothing landed, or nobody knows how the tests are run. */
  readonly tests: TestRun | undefined;
}

export interface Expectation {
  readonly text: string;
  readonly holds: boolean;
  /** What was found in its place. */
  readonly found?: string;
}

/** What has to be true for the demo to have worked, each judged by what the API said. */
export function judge(plan: DemoPlan, outcome: Outcome): Expectation[] {
  return [...forAnyone(outcome), ...(plan.expected === undefined ? [] : forTheExample(plan.expected, outcome))];
}

function forAnyone({ results, review, landed }: Outcome): Expectation[] {
  const { tasks } = results.batch;
  const faults = review.refused.filter(({ empty }) => !empty);
  const completed = tasks.filter(({ state }) => state === 'COMPLETED');
  const unsettled = landed.filter(({ landing }) => landing.state !== 'LANDED' && landing.state !== 'CONFLICTED');
  const nameless = landed.filter(({ landing }) => landing.state === 'CONFLICTED' && landing.conflictPaths.length === 0);
  return [
    {
      text: `all ${String(tasks.length)} tasks completed`,
      holds: tasks.length > 0 && completed.length === tasks.length,
      found: tasks.map(({ state }) => state).join(', '),
    },
    {
      text: 'every change passed its checks and was approved',
      holds: faults.length === 0,
      found: faults.map(({ task, why }) => `task ${String(task)}: ${why}`).join('; '),
    },
    {
      text: 'every overlap is known',
      holds: results.pendingPairs === 0,
      found: `${String(results.pendingPairs)} pairs are pending`,
    },
    {
      text: 'every approved change landed, or conflicted with the files named',
      holds: landed.length > 0 && unsettled.length === 0 && nameless.length === 0,
      found:
        landed.map(({ task, landing }) => `task ${String(task)}: ${landing.state} ${landing.reason}`).join('; ') ||
        'nothing landed',
    },
  ];
}

function forTheExample(expected: NonNullable<DemoPlan['expected']>, outcome: Outcome): Expectation[] {
  const { results, landed, tests } = outcome;
  const { conflict } = expected;
  const inState = (state: string): number[] =>
    landed.filter(({ landing }) => landing.state === state).map(({ task }) => task);
  const conflicted = landed.filter(({ landing }) => landing.state === 'CONFLICTED');
  const lastCommit = landed.filter(({ landing }) => landing.state === 'LANDED').at(-1)?.landing.landedCommit;
  return [
    {
      text: `tasks ${String(conflict.with)} and ${String(conflict.task)} overlap in the text of ${conflict.paths.join(', ')}, no others do`,
      holds: same(overlapping(results), [
        `${String(conflict.with)}×${String(conflict.task)} ${conflict.paths.join(',')}`,
      ]),
      found: overlapping(results).join('; ') || 'no overlap of text',
    },
    {
      text: `tasks ${expected.landed.join(' and ')} landed`,
      holds: same(inState('LANDED'), expected.landed),
      found: `landed: ${inState('LANDED').join(', ') || 'none'}`,
    },
    {
      text: `task ${String(conflict.task)} conflicted in ${conflict.paths.join(', ')} and in nothing else`,
      holds:
        same(inState('CONFLICTED'), [conflict.task]) &&
        same(conflicted[0]?.landing.conflictPaths ?? [], conflict.paths),
      found:
        conflicted
          .map(({ task, landing }) => `task ${String(task)} in ${landing.conflictPaths.join(', ')}`)
          .join('; ') || 'no conflict',
    },
    {
      text: 'the tests of the landed branch pass, on the commit that landed last',
      holds: tests?.passed === true && tests.commit === lastCommit,
      found:
        tests === undefined
          ? 'no tests were run'
          : `${tests.summary} at ${tests.commit}, landed ${lastCommit ?? 'nothing'}`,
    },
  ];
}

/** `1×3 src/cart.js` for each pair of tasks that can't be merged as text. */
function overlapping({ batch, pairs }: Results): string[] {
  const number = (attemptId: string): number =>
    batch.tasks.findIndex(({ attempts }) => attempts.some(({ id }) => id === attemptId)) + 1;
  return pairs
    .filter(({ level }) => level === 'TEXTUAL')
    .map(
      ({ attemptIds, paths }) =>
        `${attemptIds
          .map(number)
          .sort((a, b) => a - b)
          .join('×')} ${[...paths].sort().join(',')}`,
    )
    .sort();
}

function same<T>(found: readonly T[], expected: readonly T[]): boolean {
  return JSON.stringify(found) === JSON.stringify(expected);
}
