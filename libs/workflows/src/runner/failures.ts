import { RUNNER_FAILURES } from '@heddle/contracts/workflows';

/** What a failed phase means for the attempt. */
export type PhaseFailure =
  /** The runner or its memory of the sandbox is gone: claim again, never the attempt's fault. */
  | { readonly kind: 'LOST' }
  /** The phase itself can't be done there. */
  | { readonly kind: 'BROKEN'; readonly reason: string; readonly message: string }
  /** It can be done nowhere, however often it is tried: the attempt ends with this. */
  | { readonly kind: 'FINAL'; readonly reason: string; readonly message: string }
  /** Somebody else holds a newer fence: this run has nothing to say any more. */
  | { readonly kind: 'SUPERSEDED' };

/** Shape of Temporal's failures, read by name: `instanceof` does not hold across bundles. */
interface FailureLike {
  readonly name?: string;
  readonly type?: string | null;
  readonly message?: string;
  readonly timeoutType?: string;
  readonly cause?: unknown;
}

const LOST_TYPES: ReadonlySet<string> = new Set([RUNNER_FAILURES.sandboxUnknown, RUNNER_FAILURES.claimExpired]);

const FINAL_TYPES: ReadonlySet<string> = new Set([
  RUNNER_FAILURES.setupScriptFailed,
  RUNNER_FAILURES.setupSecretInLayer,
  RUNNER_FAILURES.rootfsNotAllowed,
  RUNNER_FAILURES.agentNotInstalled,
  RUNNER_FAILURES.driverNotAvailable,
]);

export function classifyFailure(error: unknown): PhaseFailure {
  for (
    let failure = error as FailureLike | undefined;
    failure !== undefined;
    failure = failure.cause as FailureLike | undefined
  ) {
    if (failure.name === 'TimeoutFailure') return { kind: 'LOST' };
    if (failure.name === 'ApplicationFailure') {
      const type = failure.type ?? 'INTERNAL';
      if (LOST_TYPES.has(type)) return { kind: 'LOST' };
      if (type === RUNNER_FAILURES.fenceSuperseded) return { kind: 'SUPERSEDED' };
      const kind = FINAL_TYPES.has(type) ? 'FINAL' : 'BROKEN';
      return { kind, reason: type, message: failure.message ?? '' };
    }
  }
  return { kind: 'BROKEN', reason: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}

/** True if a phase took longer than it may, and nothing else is known against it. */
export function isOvertime(error: unknown): boolean {
  for (
    let failure = error as FailureLike | undefined;
    failure !== undefined;
    failure = failure.cause as FailureLike | undefined
  ) {
    if (failure.name === 'TimeoutFailure') return failure.timeoutType === 'START_TO_CLOSE';
  }
  return false;
}

/** After so many losses, or claims that broke in one phase, the attempt ends. */
export const MAX_LOSSES = 3;
export const MAX_BROKEN_CLAIMS = 3;
