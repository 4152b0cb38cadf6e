import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isEndState } from './attempt-state.js';
import { judgeTurn, type TurnEvidence } from './judge-turn.js';

const evidence: fc.Arbitrary<TurnEvidence> = fc.record({
  outcome: fc.constantFrom('EXITED', 'STOPPED', 'LOST'),
  exitCode: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
  signal: fc.option(fc.constantFrom('SIGKILL', 'SIGSEGV'), { nil: undefined }),
  stopReason: fc.option(fc.constantFrom('CANCELLED', 'TIME_LIMIT', 'BUDGET_EXHAUSTED'), { nil: undefined }),
});

describe('what a turn means for its attempt', () => {
  it('is complete with exit code 0 and only then', () => {
    fc.assert(
      fc.property(evidence, fc.boolean(), (turn, empty) => {
        const verdict = judgeTurn(turn, { empty });
        const well = turn.outcome === 'EXITED' && turn.exitCode === 0 && turn.signal === undefined;
        expect(verdict.state === 'COMPLETED').toBe(well);
        expect(verdict.partial).toBe(!well);
      }),
    );
  });

  it('always ends the attempt, and says why where the state does not', () => {
    fc.assert(
      fc.property(evidence, (turn) => {
        const verdict = judgeTurn(turn, { empty: false });
        expect(isEndState(verdict.state)).toBe(true);
        expect(verdict.statusDetail === '').toBe(verdict.state === 'COMPLETED');
      }),
    );
  });

  it('tells an attempt without edits', () => {
    expect(judgeTurn({ outcome: 'EXITED', exitCode: 0 }, { empty: true })).toEqual({
      state: 'COMPLETED',
      statusDetail: 'AGENT_NO_CHANGES',
      partial: false,
    });
  });

  it.each([
    ['CANCELLED', 'CANCELLED', 'CANCELLED_BY_USER'],
    ['TIME_LIMIT', 'TIMED_OUT', 'TIME_LIMIT'],
    ['BUDGET_EXHAUSTED', 'FAILED', 'BUDGET_EXHAUSTED'],
  ] as const)('a stop for %s ends as %s', (stopReason, state, statusDetail) => {
    expect(judgeTurn({ outcome: 'STOPPED', stopReason }, { empty: false })).toEqual({
      state,
      statusDetail,
      partial: true,
    });
  });

  it.each([126, 127])('exit code %d means that the command could not be run', (exitCode) => {
    expect(judgeTurn({ outcome: 'EXITED', exitCode }, { empty: true }).statusDetail).toBe('AGENT_COMMAND_NOT_RUNNABLE');
  });
});
