import { describe, expect, it } from '@jest/globals';
import { judgeValidation } from './judge-validation.js';

const setup = { outcome: 'SUCCEEDED', reason: '', message: '' } as const;
const check = (state: string, advisory = false) => ({ name: `c-${state}`, state, advisory });

describe('judgeValidation', () => {
  it('takes a set-up that succeeds, and an environment that has none', () => {
    const good = { state: 'SUCCEEDED', statusDetail: '', message: '' };
    expect(judgeValidation(setup, [])).toEqual(good);
    expect(judgeValidation({ ...setup, outcome: 'NONE' }, [check('PASSED'), check('SKIPPED')])).toEqual(good);
  });

  it("has the set-up's own reason before everything that its checks say", () => {
    const failed = { outcome: 'FAILED', reason: 'SETUP_SCRIPT_FAILED', message: 'exit code 3' } as const;
    expect(judgeValidation(failed, [check('FAILED')])).toEqual({
      state: 'FAILED',
      statusDetail: 'SETUP_SCRIPT_FAILED',
      message: 'exit code 3',
    });
    expect(judgeValidation({ ...setup, outcome: 'STOPPED' }, [])).toMatchObject({
      state: 'CANCELLED',
      statusDetail: 'CANCELLED_BY_USER',
    });
  });

  it('fails for each check that is not green, also where the platform is at fault, and not for advice', () => {
    for (const state of ['FAILED', 'TIMED_OUT', 'ERRORED'])
      expect(judgeValidation(setup, [check('PASSED'), check(state)])).toEqual({
        state: 'FAILED',
        statusDetail: 'CHECK_FAILED',
        message: `not green: c-${state} (${state})`,
      });
    expect(judgeValidation(setup, [check('FAILED', true)]).state).toBe('SUCCEEDED');
  });
});
