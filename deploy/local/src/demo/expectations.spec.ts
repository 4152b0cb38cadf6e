import { describe, expect, it } from '@jest/globals';
import type { Batch, Change, Landing, OverlapPair } from '@heddle/sdk';
import { judge, type Outcome } from './expectations.js';
import type { DemoPlan } from './plan.js';

const TIP = 'a'.repeat(40);

function landing(fields: Partial<Landing>): Landing {
  return { state: 'LANDED', landedCommit: TIP, reason: '', conflictPaths: [], ...fields } as Landing;
}

function outcome(changed: Partial<Outcome> = {}): Outcome {
  const tasks = ['1', '2', '3'].map((id) => ({ state: 'COMPLETED', attempts: [{ id }] }));
  const pair = { attemptIds: ['3', '1'], level: 'TEXTUAL', paths: ['src/cart.js'] } as OverlapPair;
  const entry = (task: number, fields: Partial<Landing>) => ({
    task,
    title: '',
    change: {} as Change,
    landing: landing(fields),
  });
  return {
    results: { batch: { tasks } as Batch, changes: [], pairs: [pair], pendingPairs: 0 },
    review: { approved: [], refused: [] },
    landed: [
      entry(1, { landedCommit: 'b'.repeat(40) }),
      entry(2, {}),
      entry(3, { state: 'CONFLICTED', landedCommit: undefined, reason: 'CONFLICT', conflictPaths: ['src/cart.js'] }),
    ],
    tests: { passed: true, command: 'node --test', summary: '19 passed, 0 failed', commit: TIP },
    ...changed,
  };
}

const example: DemoPlan = {
  name: 'shopping-cart',
  repository: '/srv/shopping-cart',
  batch: {},
  targetBranch: undefined,
  expected: {
    landed: [1, 2],
    conflict: { task: 3, with: 1, paths: ['src/cart.js'] },
    testLandedBranch: () => Promise.reject(new Error('not asked here')),
  },
};
const own: DemoPlan = { ...example, expected: undefined };

function broken(plan: DemoPlan, changed: Partial<Outcome>): number[] {
  return judge(plan, outcome(changed)).flatMap(({ holds }, index) => (holds ? [] : [index]));
}

describe('judge', () => {
  it('finds the example as it should be', () => {
    expect(broken(example, {})).toEqual([]);
  });

  it('says which claim is not true', () => {
    const { results, landed } = outcome();
    const failedTask = {
      tasks: [...results.batch.tasks.slice(1), { state: 'FAILED', attempts: [] }],
    } as unknown as Batch;
    expect(broken(own, { results: { ...results, batch: failedTask } })).toEqual([0]);
    expect(
      broken(own, {
        review: { approved: [], refused: [{ task: 1, title: '', why: 'check unit FAILED', empty: false }] },
      }),
    ).toEqual([1]);
    expect(
      broken(own, { review: { approved: [], refused: [{ task: 1, title: '', why: 'nothing to do', empty: true }] } }),
    ).toEqual([]);
    expect(broken(own, { results: { ...results, pendingPairs: 1 } })).toEqual([2]);
    expect(broken(own, { landed: [] })).toEqual([3]);
    expect(broken(own, { landed: landed.map((one) => ({ ...one, landing: landing({ state: 'EJECTED' }) })) })).toEqual([
      3,
    ]);
    expect(broken(own, { landed: [{ ...landed[2]!, landing: landing({ state: 'CONFLICTED' }) }] })).toEqual([3]);
  });

  it('wants exactly the conflict that the example is made for', () => {
    const { results, landed, tests } = outcome();
    expect(broken(example, { results: { ...results, pairs: [] } })).toEqual([4]);
    expect(
      broken(example, {
        results: { ...results, pairs: [...results.pairs, { ...results.pairs[0]!, attemptIds: ['1', '2'] }] },
      }),
    ).toEqual([4]);
    expect(broken(example, { landed: landed.map((one) => ({ ...one, landing: landing({}) })) })).toEqual([5, 6]);
    const other = {
      ...landed[2]!,
      landing: landing({ state: 'CONFLICTED', conflictPaths: ['src/cart.js', 'README.md'] }),
    };
    expect(broken(example, { landed: [...landed.slice(0, 2), other] })).toEqual([6]);
    expect(broken(example, { tests: undefined })).toEqual([7]);
    expect(broken(example, { tests: { ...tests!, passed: false } })).toEqual([7]);
    expect(broken(example, { tests: { ...tests!, commit: 'c'.repeat(40) } })).toEqual([7]);
  });
});
