import { describe, expect, it } from '@jest/globals';
import { canReconciliationMove, judgeRung, RECONCILIATION_STATES, type RungEvidence } from './reconciliation-state.js';

const good: RungEvidence = {
  step: 'AGENT',
  attempt: 'COMPLETED',
  statusDetail: '',
  change: { empty: false, unresolved: [], absent: [] },
  notGreen: [],
};

describe('judgeRung', () => {
  it('waits for an attempt that has not ended', () => {
    for (const attempt of ['QUEUED', 'RUNNING', 'CHECKING', 'WAITING_FOR_USER'] as const)
      expect(judgeRung({ ...good, attempt })).toEqual({ kind: 'WAIT' });
  });

  it('takes a change without markers whose checks are green', () => {
    for (const step of ['MERGE', 'STRUCTURAL', 'REGENERATE', 'TAKE_SIDE', 'AGENT'] as const)
      expect(judgeRung({ ...good, step })).toEqual({ kind: 'END', state: 'SUCCEEDED', reason: '', message: '' });
  });

  it.each([
    ['CHECKS_NOT_GREEN', { notGreen: ['test (FAILED)'] }],
    ['CONFLICT_MARKERS', { change: { empty: false, unresolved: ['a.ts'], absent: [] } }],
    ['CHANGE_EMPTY', { change: { empty: true, unresolved: [], absent: [] } }],
    ['CHANGE_EMPTY', { change: undefined }],
    [
      'INPUT_DROPPED',
      { change: { empty: false, unresolved: [], absent: ['Export raise'] }, notGreen: ['test (FAILED)'] },
    ],
  ] as const)('has an agent after a merge, and a person after an agent: %s', (reason, facts) => {
    for (const step of ['MERGE', 'STRUCTURAL', 'REGENERATE', 'TAKE_SIDE'] as const)
      expect(judgeRung({ ...good, ...facts, step })).toEqual({ kind: 'CLIMB' });
    expect(judgeRung({ ...good, ...facts })).toMatchObject({ kind: 'END', state: 'WAITING_FOR_USER', reason });
  });

  it('ends with an attempt that did not end well, by its reason', () => {
    expect(judgeRung({ ...good, attempt: 'FAILED', statusDetail: 'AGENT_EXIT_NONZERO' })).toMatchObject({
      state: 'FAILED',
      reason: 'AGENT_EXIT_NONZERO',
    });
    expect(judgeRung({ ...good, attempt: 'TIMED_OUT' })).toMatchObject({ state: 'FAILED', reason: 'ATTEMPT_FAILED' });
    expect(judgeRung({ ...good, attempt: 'CANCELLED', statusDetail: 'CANCELLED_BY_USER' })).toMatchObject({
      state: 'CANCELLED',
    });
  });
});

describe('the rung of resource files', () => {
  it('leaves it to the next one where its command fails, and not where somebody stops it', () => {
    for (const attempt of ['FAILED', 'TIMED_OUT'] as const)
      expect(judgeRung({ ...good, step: 'REGENERATE', attempt })).toEqual({ kind: 'CLIMB' });
    expect(judgeRung({ ...good, step: 'REGENERATE', attempt: 'CANCELLED' })).toMatchObject({ state: 'CANCELLED' });
  });
});

describe('the states of a reconciliation', () => {
  it('never leave an end', () => {
    for (const from of ['SUCCEEDED', 'FAILED', 'CANCELLED'] as const)
      for (const to of RECONCILIATION_STATES) expect(canReconciliationMove(from, to)).toBe(false);
    for (const from of ['QUEUED', 'RUNNING', 'WAITING_FOR_USER'] as const)
      expect(canReconciliationMove(from, 'CANCELLED')).toBe(true);
    expect(canReconciliationMove('QUEUED', 'SUCCEEDED')).toBe(false);
  });
});
