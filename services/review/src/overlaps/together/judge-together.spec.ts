import { describe, expect, it } from '@jest/globals';
import type { TrialOutcome } from '@heddle/domain';
import { judgeTogether } from './judge-together.js';

const ran = (states: Readonly<Record<string, string>>): TrialOutcome => ({
  state: 'RAN',
  checks: Object.entries(states).map(([name, state]) => ({ name, state, isRunnable: true })),
});

const green = ran({ unit: 'PASSED', lint: 'PASSED' });
const red = ran({ unit: 'FAILED', lint: 'PASSED' });

describe('judgeTogether', () => {
  it('waits for every trial of a run, and takes a green one', () => {
    expect(judgeTogether([[green, { state: 'RUNNING', checks: [] }]])).toEqual({ kind: 'WAIT' });
    expect(judgeTogether([[green, green]])).toEqual({ kind: 'PASSED' });
  });

  it('asks again before it accuses, and accuses by what failed twice', () => {
    expect(judgeTogether([[red]])).toEqual({ kind: 'AGAIN' });
    expect(judgeTogether([[red], [red]])).toEqual({ kind: 'FAILED', checks: ['unit'] });
  });

  it('accuses nobody by a check that fails now and then', () => {
    expect(judgeTogether([[red], [green]])).toEqual({ kind: 'PASSED' });
    expect(judgeTogether([[red], [ran({ unit: 'PASSED', lint: 'FAILED' })]])).toEqual({ kind: 'NOT_RUN' });
  });

  it('does not take checks of two environments for one because they share a name', () => {
    expect(
      judgeTogether([
        [red, green],
        [green, red],
      ]),
    ).toEqual({ kind: 'NOT_RUN' });
  });

  it.each([
    ['a trial that the platform could not run', { state: 'ERRORED', checks: [] }],
    ['one that was cancelled', { state: 'CANCELLED', checks: [] }],
    ['a check that ran out of time', ran({ unit: 'TIMED_OUT' })],
    ['a check that is not there', { state: 'RAN', checks: [{ name: 'unit', state: 'FAILED', isRunnable: false }] }],
  ] satisfies [string, TrialOutcome][])('says nothing by %s', (_, trial) => {
    expect(judgeTogether([[trial]])).toEqual({ kind: 'NOT_RUN' });
  });
});
