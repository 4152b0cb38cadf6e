import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { RUNNER_FAILURES } from '@heddle/contracts/workflows';
import { HeddleError } from '@heddle/domain';
import { SandboxError } from '@heddle/sandbox';

/** An error as the workflow is to see it: with a type it can branch on, and whether a repeat makes sense. */
export function toActivityFailure(error: unknown, otherwise: string): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  const failure = (type: string, nonRetryable: boolean): ApplicationFailure =>
    ApplicationFailure.create({ type, message, nonRetryable, ...(error instanceof Error ? { cause: error } : {}) });
  if (SandboxError.is(error)) {
    if (error.reason === 'SANDBOX_UNKNOWN') return failure(RUNNER_FAILURES.sandboxUnknown, true);
    if (error.reason === 'CAPTURE_FAILED') return failure(RUNNER_FAILURES.captureFailed, true);
    if (error.reason === 'SETUP_SCRIPT_FAILED') return failure(RUNNER_FAILURES.setupScriptFailed, true);
    if (error.reason === 'SETUP_SECRET_IN_LAYER') return failure(RUNNER_FAILURES.setupSecretInLayer, true);
    if (error.reason === 'ROOTFS_NOT_ALLOWED') return failure(RUNNER_FAILURES.rootfsNotAllowed, true);
    if (error.reason === 'AGENT_NOT_INSTALLED') return failure(RUNNER_FAILURES.agentNotInstalled, true);
    if (error.reason === 'AGENT_INSTALL_FAILED') return failure(RUNNER_FAILURES.agentInstallFailed, true);
    if (error.reason === 'DRIVER_NOT_AVAILABLE') return failure(RUNNER_FAILURES.driverNotAvailable, true);
    if (error.reason === 'EGRESS_UNAVAILABLE') return failure(RUNNER_FAILURES.egressUnavailable, true);
    return failure(otherwise, false);
  }
  if (HeddleError.is(error)) {
    switch (error.reason) {
      case 'FENCE_SUPERSEDED':
      case 'OWNER_NOT_FOUND':
        return failure(RUNNER_FAILURES.fenceSuperseded, true);
      case 'PACK_REFUSED':
      case 'REQUEST_TOO_LARGE':
      case 'TREE_DIFFERS':
        return failure(RUNNER_FAILURES.captureFailed, true);
      case 'SERVICE_UNAVAILABLE':
      case 'DEADLINE_EXCEEDED':
        return failure(RUNNER_FAILURES.storeUnavailable, false);
      default:
        return failure(otherwise, false);
    }
  }
  return failure(otherwise, false);
}

export function claimExpired(): ApplicationFailure {
  return ApplicationFailure.create({
    type: RUNNER_FAILURES.claimExpired,
    message: 'the claim was not used in time, and its slot is taken by now',
    nonRetryable: true,
  });
}
