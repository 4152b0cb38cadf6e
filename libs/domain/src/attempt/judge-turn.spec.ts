import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isEndState } from './attempt-state.js';
import { endedWell, judgeTurn, type LimitWord, type TurnEvidence } from './judge-turn.js';

const evidence: fc.Arbitrary<TurnEvidence> = fc.record({
  outcome: fc.constantFrom('EXITED', 'STOPPED', 'LIMITED', 'LOST'),
  exitCode: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
  signal: fc.option(fc.constantFrom('SIGKILL', 'SIGSEGV'), { nil: undefined }),
  stopReason: fc.option(fc.constantFrom('CANCELLED', 'SIBLING_PASSED', 'TIME_LIMIT', 'BUDGET_EXHAUSTED'), {
    nil: undefined,
  }),
  limits: fc.option(
    fc.uniqueArray(
      fc.constantFrom<LimitWord>(
        'MEMORY_LIMIT',
        'DISK_LIMIT',
        'PROCESS_LIMIT',
        'OUTPUT_LIMIT',
        'IDLE_LIMIT',
        'HOST_DISK_FULL',
      ),
    ),
    { nil: undefined },
  ),
});

describe('what a turn means for its attempt', () => {
  it('is complete with exit code 0 and a whole tree, and only then', () => {
    fc.assert(
      fc.property(evidence, fc.boolean(), (turn, empty) => {
        const verdict = judgeTurn(turn, { empty });
        const isWhole = (turn.limits ?? []).every((limit) => limit === 'OUTPUT_LIMIT');
        const well = turn.outcome === 'EXITED' && turn.exitCode === 0 && turn.signal === undefined && isWhole;
        expect(endedWell(turn)).toBe(well);
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
        expect(verdict.state === 'COMPLETED' || verdict.statusDetail !== '').toBe(true);
      }),
    );
  });

  it('says of a turn that ended well first that its tree holds a secret', () => {
    const turn = { outcome: 'EXITED', exitCode: 0, limits: ['OUTPUT_LIMIT'] } as const;
    const verdict = judgeTurn(turn, { empty: false, holdsSecret: true });
    expect(verdict).toEqual({ state: 'COMPLETED', statusDetail: 'SECRET_IN_CHANGE', partial: false });
    expect(judgeTurn({ ...turn, exitCode: 1 }, { empty: false, holdsSecret: true }).statusDetail).toBe(
      'AGENT_EXIT_CODE',
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
    ['SIBLING_PASSED', 'CANCELLED', 'SIBLING_PASSED'],
    ['TIME_LIMIT', 'TIMED_OUT', 'TIME_LIMIT'],
    ['BUDGET_EXHAUSTED', 'FAILED', 'BUDGET_EXHAUSTED'],
  ] as const)('a stop for %s ends as %s', (stopReason, state, statusDetail) => {
    expect(judgeTurn({ outcome: 'STOPPED', stopReason }, { empty: false })).toEqual({
      state,
      statusDetail,
      partial: true,
    });
  });

  it.each([
    ['MEMORY_LIMIT', 'FAILED'],
    ['DISK_LIMIT', 'FAILED'],
    ['PROCESS_LIMIT', 'FAILED'],
    ['HOST_DISK_FULL', 'FAILED'],
    ['IDLE_LIMIT', 'TIMED_OUT'],
  ] as const)('%s is said instead of what it led to', (limit, state) => {
    for (const end of [{ outcome: 'EXITED', exitCode: 137 }, { outcome: 'LOST' }, { outcome: 'LIMITED' }] as const)
      expect(judgeTurn({ ...end, limits: [limit, 'OUTPUT_LIMIT'] }, { empty: true })).toEqual({
        state,
        statusDetail: limit,
        partial: true,
      });
  });

  it.each(['DISK_LIMIT', 'HOST_DISK_FULL'] as const)('%s makes a tree partial whatever the exit code', (limit) => {
    expect(judgeTurn({ outcome: 'EXITED', exitCode: 0, limits: [limit] }, { empty: false })).toEqual({
      state: 'FAILED',
      statusDetail: limit,
      partial: true,
    });
  });

  it('a stop is a stop, whatever else was in the way', () => {
    const turn: TurnEvidence = { outcome: 'STOPPED', stopReason: 'TIME_LIMIT', limits: ['MEMORY_LIMIT'] };
    expect(judgeTurn(turn, { empty: false }).statusDetail).toBe('TIME_LIMIT');
  });

  it('a cut output is said where nothing else is', () => {
    const turn: TurnEvidence = { outcome: 'EXITED', exitCode: 0, limits: ['OUTPUT_LIMIT'] };
    expect(judgeTurn(turn, { empty: false })).toEqual({
      state: 'COMPLETED',
      statusDetail: 'OUTPUT_LIMIT',
      partial: false,
    });
    expect(judgeTurn(turn, { empty: true }).statusDetail).toBe('AGENT_NO_CHANGES');
    expect(judgeTurn({ ...turn, exitCode: 1 }, { empty: false }).statusDetail).toBe('AGENT_EXIT_CODE');
  });

  it('the terminal record of the agent counts, not its exit code', () => {
    const completed = { outcome: 'EXITED', exitCode: 1, report: { completed: true } } as const;
    expect(judgeTurn(completed, { empty: false })).toEqual({ state: 'COMPLETED', statusDetail: '', partial: false });
    const failed = {
      outcome: 'EXITED',
      exitCode: 0,
      report: { completed: false, failure: { reason: 'AGENT_AUTH_FAILED' } },
    } as const;
    expect(judgeTurn(failed, { empty: true })).toEqual({
      state: 'FAILED',
      statusDetail: 'AGENT_AUTH_FAILED',
      partial: true,
    });
  });

  it('an agent that has a terminal record and ended without one has crashed', () => {
    const turn = { outcome: 'EXITED', exitCode: 0, report: { completed: false } } as const;
    expect(judgeTurn(turn, { empty: false }).statusDetail).toBe('AGENT_CRASHED');
    expect(judgeTurn({ ...turn, exitCode: 127 }, { empty: true }).statusDetail).toBe('AGENT_COMMAND_NOT_RUNNABLE');
  });

  it('no word of the agent outranks a limit or a stop', () => {
    const report = { completed: true };
    expect(judgeTurn({ outcome: 'EXITED', exitCode: 0, limits: ['DISK_LIMIT'], report }, { empty: false }).state).toBe(
      'FAILED',
    );
    expect(judgeTurn({ outcome: 'STOPPED', stopReason: 'CANCELLED', report }, { empty: false }).state).toBe(
      'CANCELLED',
    );
  });

  it.each([126, 127])('exit code %d means that the command could not be run', (exitCode) => {
    expect(judgeTurn({ outcome: 'EXITED', exitCode }, { empty: true }).statusDetail).toBe('AGENT_COMMAND_NOT_RUNNABLE');
  });

  describe('that was to give words alone', () => {
    const report = { completed: true, answer: 'By the cart.' };
    const turn: TurnEvidence = { outcome: 'EXITED', exitCode: 0, report };

    it('is an answer, or a plan that waits, where it left the tree as it was', () => {
      expect(judgeTurn(turn, { empty: true }, 'ASK')).toEqual({ state: 'COMPLETED', statusDetail: '', partial: false });
      expect(judgeTurn(turn, { empty: true }, 'PLAN')).toEqual({
        state: 'WAITING_FOR_USER',
        statusDetail: 'PLAN_APPROVAL',
        partial: false,
      });
    });

    it.each(['ASK', 'PLAN'] as const)('%s fails for a change or for want of an answer', (mode) => {
      const failed = { state: 'FAILED', partial: true };
      expect(judgeTurn(turn, { empty: false }, mode)).toEqual({ ...failed, statusDetail: `${mode}_LEFT_CHANGE` });
      for (const answer of [undefined, ' \n'])
        expect(judgeTurn({ ...turn, report: { completed: true, answer } }, { empty: true }, mode)).toEqual({
          ...failed,
          statusDetail: 'AGENT_NO_ANSWER',
        });
    });

    it.each(['ASK', 'PLAN'] as const)('%s that did not end well is judged as any other', (mode) => {
      fc.assert(
        fc.property(evidence, fc.boolean(), (each, empty) => {
          fc.pre(!endedWell(each));
          expect(judgeTurn(each, { empty }, mode)).toEqual(judgeTurn(each, { empty }));
        }),
      );
    });
  });
});
