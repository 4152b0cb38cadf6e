import { describe, expect, it } from '@jest/globals';
import { ValidationStep_State } from '@heddle/contracts';
import type { CheckOutcome, ProvisionResult, SetupResult } from '@heddle/contracts/workflows';
import { validationSteps } from './validation-steps.js';

const sandbox: ProvisionResult = { driver: 'D', boundary: 'FULL', missing: [], fileSystem: 'OVERLAY', durationMs: 12 };
const setup: SetupResult = {
  outcome: 'SUCCEEDED',
  reason: '',
  message: '',
  durationMs: 2_500,
  setupCache: 'MISS',
  setupCacheReason: 'FIRST_USE',
  refused: [],
};
const check: CheckOutcome = {
  name: 'unit',
  state: 'PASSED',
  durationMs: 700,
  treeId: 't',
  environmentVersion: 1,
  advisory: false,
  statusDetail: '',
};
const row = { state: 'RUNNING', statusDetail: '', statusMessage: '', runChecks: true, facts: {} } as const;
const said = (of: Parameters<typeof validationSteps>[0]) =>
  validationSteps(of).map(({ name, state, statusDetail }) => [name, state, statusDetail].filter(Boolean).join(' '));

describe('the steps of a dry run', () => {
  it('are there as soon as they are over', () => {
    expect(said(row)).toEqual([]);
    expect(said({ ...row, facts: { sandbox } })).toEqual(['PROVISION SUCCEEDED']);
    expect(said({ ...row, facts: { sandbox, setup } })).toEqual(['PROVISION SUCCEEDED', 'SETUP SUCCEEDED']);
    const done = { ...row, state: 'SUCCEEDED', facts: { sandbox, setup, checks: [check, check] } } as const;
    expect(validationSteps(done)).toMatchObject([
      { name: 'PROVISION', duration: { nanos: 12_000_000 } },
      { name: 'SETUP', duration: { seconds: '2', nanos: 500_000_000 } },
      { name: 'CHECKS', state: ValidationStep_State.SUCCEEDED, duration: { seconds: '1', nanos: 400_000_000 } },
    ]);
  });

  it('say in which of them it failed, and that later ones were not tried', () => {
    const failed = { ...row, state: 'FAILED', statusDetail: 'ROOTFS_NOT_ALLOWED', statusMessage: 'because' } as const;
    expect(said(failed)).toEqual(['PROVISION FAILED ROOTFS_NOT_ALLOWED', 'SETUP SKIPPED', 'CHECKS SKIPPED']);
    expect(validationSteps(failed)[0]?.message).toBe('because');
    const broken = { ...setup, outcome: 'FAILED', reason: 'SETUP_SCRIPT_FAILED' } as const;
    expect(said({ ...failed, facts: { sandbox, setup: broken, checks: [] } })).toEqual([
      'PROVISION SUCCEEDED',
      'SETUP FAILED SETUP_SCRIPT_FAILED',
      'CHECKS SKIPPED',
    ]);
    expect(said({ ...failed, facts: { sandbox } })[1]).toBe('SETUP FAILED ROOTFS_NOT_ALLOWED');
    const red = { ...check, state: 'FAILED' } as const;
    expect(said({ ...failed, facts: { sandbox, setup, checks: [red] } })[2]).toBe('CHECKS FAILED CHECK_FAILED');
  });

  it('have nothing to do without a script or checks, and say nothing of checks that nobody asked for', () => {
    const none = { ...setup, outcome: 'NONE' } as const;
    const done = { ...row, state: 'SUCCEEDED', facts: { sandbox, setup: none, checks: [] } } as const;
    expect(said(done)).toEqual(['PROVISION SUCCEEDED', 'SETUP SKIPPED', 'CHECKS SKIPPED']);
    expect(said({ ...done, runChecks: false })).toEqual(['PROVISION SUCCEEDED', 'SETUP SKIPPED']);
    const stopped = { ...setup, outcome: 'STOPPED' } as const;
    expect(said({ ...row, state: 'CANCELLED', facts: { sandbox, setup: stopped } })).toEqual(['PROVISION SUCCEEDED']);
  });
});
