import {
  RUNNER_FAILURES,
  type ClaimResult,
  type PoolActivities,
  type RunnerActivities,
  type SandboxOwnerRef,
} from '@heddle/contracts/workflows';
import { newTraceparent, requestContext } from '@heddle/platform/context';
import { capture } from '../phases/capture.phase.js';
import type { PhaseContext } from '../phases/phase-context.js';
import { pause, resume } from '../phases/pause.phase.js';
import { provision } from '../phases/provision.phase.js';
import { release } from '../phases/release.phase.js';
import { runChecks } from '../phases/run-checks.phase.js';
import { runTurn } from '../phases/run-turn.phase.js';
import { stop } from '../phases/stop.phase.js';
import { trySetup } from '../phases/try-setup.phase.js';
import { ownerKey } from '../sandboxes/sandbox.js';
import type { ActiveOwners } from './active-owners.js';
import { toActivityFailure } from './activity-failure.js';
import { attach } from './attach.js';

/** The activity of the pool's shared queue. */
export function poolActivities(context: PhaseContext, runnerId: string): PoolActivities {
  return {
    claim({ owner }): Promise<ClaimResult> {
      return Promise.resolve(
        context.slots.claim(ownerKey(owner)) ? { outcome: 'CLAIMED', runnerId } : { outcome: 'NO_ROOM' },
      );
    },
  };
}

/** The phases of this runner's own queue. All attach to work that goes on without them. */
export function runnerActivities(context: PhaseContext, active: ActiveOwners): RunnerActivities {
  const phase = async <T>(
    owner: SandboxOwnerRef,
    otherwise: string,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const leave = active.enter(owner);
    try {
      return await attach((signal) => requestContext.run(contextOf(owner), () => work(signal)));
    } catch (error) {
      const failure = toActivityFailure(error, otherwise);
      if (failure.name !== 'CancelledFailure')
        context.logger.warn({ err: error, owner: ownerKey(owner) }, 'a phase failed');
      throw failure;
    } finally {
      leave();
    }
  };
  return {
    provision: ({ owner }) =>
      phase(owner, RUNNER_FAILURES.provisionFailed, (signal) => provision(context, owner, signal)),
    trySetup: ({ owner }) => phase(owner, 'SETUP_NOT_TRIED', (signal) => trySetup(context, owner, signal)),
    runTurn: ({ owner, turn }) => phase(owner, 'TURN_FAILED', (signal) => runTurn(context, owner, turn, signal)),
    capture: (input) => phase(input.owner, RUNNER_FAILURES.captureFailed, (signal) => capture(context, input, signal)),
    runChecks: (input) => phase(input.owner, 'CHECKS_FAILED', (signal) => runChecks(context, input, signal)),
    stop: ({ owner, reason }) => phase(owner, 'STOP_FAILED', (signal) => stop(context, owner, reason, signal)),
    pause: ({ owner }) => phase(owner, 'PAUSE_FAILED', (signal) => pause(context, owner, signal)),
    resume: ({ owner }) => phase(owner, 'RESUME_FAILED', (signal) => resume(context, owner, signal)),
    release: ({ owner }) => phase(owner, 'RELEASE_FAILED', () => release(context, owner)),
  };
}

/** Calls to other services carry whose work it is. */
function contextOf(owner: SandboxOwnerRef): Parameters<typeof requestContext.run>[0] {
  return {
    requestId: ownerKey(owner),
    principal: '',
    role: '',
    traceparent: newTraceparent(),
    ...(owner.kind === 'ATTEMPT' ? { attemptId: owner.id } : {}),
    ...(owner.kind === 'LANDING' ? { landingId: owner.id } : {}),
    ...(owner.kind === 'JOB' ? { jobId: owner.id } : {}),
    ...(owner.kind === 'TRIAL' ? { trialId: owner.id } : {}),
  };
}
