import { describe, expect, it } from '@jest/globals';
import type { TrialOutcome } from '../trial/trial-outcome.js';
import type { TrialState } from '../trial/trial-state.js';
import { judgeIntent } from './judge-intent.js';

const ran = (...states: string[]): TrialOutcome => ({
  state: 'RAN',
  checks: states.map((state, index) => ({ name: `check-${String(index)}`, state, isRunnable: true })),
});
const without = (state: TrialState): TrialOutcome => ({ state, checks: [] });
const green = ran('PASSED', 'PASSED');
const red = ran('PASSED', 'FAILED');
const unrunnable: TrialOutcome = {
  state: 'RAN',
  checks: [{ name: 'check-1', state: 'FAILED', isRunnable: false }],
};
const RED_ANYWAY = 'no check passes without its lines and without its tests';
const SAY_NOTHING = 'its tests do not fail without its lines';

describe('judgeIntent', () => {
  it.each([
    ['is proven by a check that the tests alone make red, twice', green, [red, red]],
    ['is proven beside a check that is red by itself', ran('FAILED', 'PASSED'), [ran('FAILED', 'FAILED'), red]],
  ])('%s', (_, untested, tested) => {
    expect(judgeIntent(untested, tested)).toEqual({ kind: 'PROVEN' });
  });

  it.each([
    ['waits for what runs', green, [red, without('RUNNING')], 'WAIT'],
    ['waits for what is to compare with', without('QUEUED'), [red], 'WAIT'],
    ['asks again after one failure', green, [red], 'AGAIN'],
  ])('%s', (_, untested, tested, kind) => {
    expect(judgeIntent(untested, tested)).toEqual({ kind });
  });

  it.each([
    ['the tests pass without the lines', green, [green], SAY_NOTHING],
    ['the tests pass the second time', green, [red, green], SAY_NOTHING],
    ['another check fails the second time', green, [red, ran('FAILED', 'PASSED')], SAY_NOTHING],
    ['all is red by itself', ran('FAILED', 'FAILED'), [ran('FAILED', 'FAILED')], RED_ANYWAY],
    ['what fails is red by itself', ran('PASSED', 'FAILED'), [red], SAY_NOTHING],
    ['a check ran out of time', green, [ran('PASSED', 'TIMED_OUT')], SAY_NOTHING],
    ['a check could not be started', green, [unrunnable], SAY_NOTHING],
    ['the tests could not be run', green, [without('ERRORED')], SAY_NOTHING],
    ['what is to compare with could not be run', without('ERRORED'), [red], RED_ANYWAY],
    ['what is to compare with was cancelled', without('CANCELLED'), [red, red], RED_ANYWAY],
  ])('is not proven where %s', (_, untested, tested, message) => {
    expect(judgeIntent(untested, tested)).toEqual({ kind: 'NOT_PROVEN', message });
  });
});
