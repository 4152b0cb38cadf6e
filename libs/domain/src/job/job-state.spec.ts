import { describe, expect, it } from '@jest/globals';
import { canJobMove, isJobEnded, JOB_END_STATES, JOB_STATES } from './job-state.js';

describe('the states of a job', () => {
  it('are left only before its end', () => {
    for (const from of JOB_STATES)
      expect([from, JOB_STATES.some((to) => canJobMove(from, to))]).toEqual([from, !isJobEnded(from)]);
    expect(JOB_STATES.filter(isJobEnded)).toEqual([...JOB_END_STATES]);
  });

  it('lead back to the queue where a runner is lost, and never past its work', () => {
    expect(canJobMove('RUNNING', 'QUEUED')).toBe(true);
    expect(canJobMove('QUEUED', 'SUCCEEDED')).toBe(false);
  });
});
