import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ATTEMPT_STATES, isEndState } from '../attempt/attempt-state.js';
import { batchState, taskState } from './rollup-state.js';

const attempts = fc.array(fc.constantFrom(...ATTEMPT_STATES), { minLength: 1, maxLength: 16 });
const OPEN = ['QUEUED', 'RUNNING', 'WAITING_FOR_USER'];

describe('state of a task and of a batch', () => {
  it('a task has ended exactly when all its attempts have', () => {
    fc.assert(
      fc.property(
        attempts,
        (states) => OPEN.includes(taskState(states)) === states.some((state) => !isEndState(state)),
      ),
    );
  });

  it('a task is complete as soon as all have ended and one is complete', () => {
    expect(taskState(['FAILED', 'COMPLETED', 'CANCELLED'])).toBe('COMPLETED');
    expect(taskState(['COMPLETED', 'RUNNING'])).toBe('RUNNING');
    expect(taskState(['TIMED_OUT', 'FAILED'])).toBe('FAILED');
  });

  it('a batch has ended exactly when all its tasks have', () => {
    fc.assert(
      fc.property(fc.array(attempts, { minLength: 1, maxLength: 20 }), (tasks) => {
        const states = tasks.map(taskState);
        expect(OPEN.includes(batchState(states))).toBe(states.some((state) => OPEN.includes(state)));
      }),
    );
  });

  it('a batch whose tasks failed is complete: its work is over', () => {
    expect(batchState(['FAILED', 'TIMED_OUT'])).toBe('COMPLETED');
    expect(batchState(['CANCELLED', 'CANCELLED'])).toBe('CANCELLED');
    expect(batchState(['QUEUED', 'QUEUED'])).toBe('QUEUED');
    expect(batchState(['COMPLETED', 'QUEUED'])).toBe('RUNNING');
  });
});
