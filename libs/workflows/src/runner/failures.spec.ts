import { describe, expect, it } from '@jest/globals';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { classifyFailure } from './failures.js';

function failed(cause: Error): ActivityFailure {
  return new ActivityFailure('Activity task failed', 'provision', '1', 'MAXIMUM_ATTEMPTS_REACHED', 'runner', cause);
}

describe('what a failed phase means', () => {
  it('a silent or absent runner is a lost one', () => {
    expect(classifyFailure(failed(new TimeoutFailure('timed out', undefined, 'HEARTBEAT')))).toEqual({ kind: 'LOST' });
    expect(classifyFailure(failed(ApplicationFailure.nonRetryable('gone', 'SANDBOX_UNKNOWN')))).toEqual({
      kind: 'LOST',
    });
    expect(classifyFailure(failed(ApplicationFailure.nonRetryable('late', 'CLAIM_EXPIRED')))).toEqual({ kind: 'LOST' });
  });

  it('a newer fence ends this run without a word', () => {
    expect(classifyFailure(failed(ApplicationFailure.nonRetryable('newer', 'FENCE_SUPERSEDED')))).toEqual({
      kind: 'SUPERSEDED',
    });
  });

  it('what the environment itself is at fault for fails everywhere', () => {
    for (const reason of ['SETUP_SCRIPT_FAILED', 'SETUP_SECRET_IN_LAYER', 'ROOTFS_NOT_ALLOWED', 'DRIVER_NOT_AVAILABLE'])
      expect(classifyFailure(failed(ApplicationFailure.nonRetryable('exit code 1', reason)))).toEqual({
        kind: 'FINAL',
        reason,
        message: 'exit code 1',
      });
  });

  it('everything else is the phase itself, with its reason', () => {
    expect(classifyFailure(failed(ApplicationFailure.retryable('no disk', 'PROVISION_FAILED')))).toEqual({
      kind: 'BROKEN',
      reason: 'PROVISION_FAILED',
      message: 'no disk',
    });
    expect(classifyFailure(new Error('boom'))).toEqual({ kind: 'BROKEN', reason: 'INTERNAL', message: 'boom' });
  });
});
