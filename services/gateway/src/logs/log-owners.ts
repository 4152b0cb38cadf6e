import { Attempt_State, AttemptServiceClient, JobServiceClient, LandingServiceClient } from '@heddle/contracts';
import { TrialServiceClient } from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import { createGrpcClient, type GrpcClientSettings } from '@heddle/platform/grpc-client';

/** Whether lines of an owner may still come. */
export interface OwnerState {
  /** Undefined while it goes on. */
  readonly endTime: Date | undefined;
  /** It ended before anything ran for it, so that nobody will ever write a line. */
  readonly neverRan: boolean;
}

const END_STATES: ReadonlySet<string> = new Set([
  Attempt_State.COMPLETED,
  Attempt_State.FAILED,
  Attempt_State.TIMED_OUT,
  Attempt_State.CANCELLED,
]);

/** Asks the services behind about the attempt, landing, job or trial that a log belongs to. */
export class LogOwners {
  private readonly attempts;
  private readonly landings;
  private readonly jobs;
  private readonly trials;

  constructor(addresses: { readonly scheduler: string; readonly review: string }, settings: GrpcClientSettings) {
    this.attempts = createGrpcClient(AttemptServiceClient, addresses.scheduler, settings);
    this.landings = createGrpcClient(LandingServiceClient, addresses.review, settings);
    this.jobs = createGrpcClient(JobServiceClient, addresses.scheduler, settings);
    this.trials = createGrpcClient(TrialServiceClient, addresses.review, settings);
  }

  /** @throws HeddleError OWNER_NOT_FOUND, or what the service behind answered */
  async state(id: string): Promise<OwnerState> {
    const attempt = await orAbsent(this.attempts.getAttempt({ id }));
    if (attempt !== undefined) {
      const ended = END_STATES.has(attempt.state);
      return {
        endTime: ended ? (attempt.endTime ?? new Date(0)) : undefined,
        neverRan: ended && attempt.startTime === undefined,
      };
    }
    const landing = await orAbsent(this.landings.getLanding({ id }));
    if (landing !== undefined) return { endTime: landing.endTime, neverRan: false };
    const run = (await orAbsent(this.jobs.getJob({ id }))) ?? (await orAbsent(this.trials.getTrial({ id })));
    if (run === undefined)
      throw new HeddleError('OWNER_NOT_FOUND', `No attempt, landing, job or trial ${id}`, { metadata: { id } });
    const { endTime, startTime } = run;
    return { endTime, neverRan: endTime !== undefined && startTime === undefined };
  }

  close(): void {
    this.attempts.close();
    this.landings.close();
    this.jobs.close();
    this.trials.close();
  }
}

async function orAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    // An id in a form that the service does not even take is not there either.
    if (HeddleError.is(error) && (error.entry.http === 404 || error.reason === 'FIELD_INVALID')) return undefined;
    throw error;
  }
}
