import type { Check } from '@heddle/contracts';
import { SandboxOwner_Kind, type SandboxSpec, type SandboxSpecServiceService } from '@heddle/contracts/internal';
import {
  RUNNER_FAILURES,
  TASK_QUEUES,
  type CheckOutcome,
  type ChecksResult,
  type PoolActivities,
  type RunnerActivities,
  type SandboxOwnerRef,
} from '@heddle/contracts/workflows';
import { HeddleError } from '@heddle/domain';
import type { GrpcCalls } from '@heddle/platform/grpc-client';
import type { Logger } from '@heddle/platform/logging';
import { TemporalWorkerHost } from '@heddle/platform/temporal';
import type { TestTemporal } from '@heddle/testing';
import { ApplicationFailure } from '@temporalio/activity';

type ChecksActivity = Pick<PoolActivities, 'claim'> & Pick<RunnerActivities, 'runChecks' | 'stop' | 'release'>;

/** Stands in for a sandbox runner: says of each merged commit what the test told it to. */
export class FakeRunner {
  /** What the checks of a commit say; by default all pass. May wait. */
  judge: (commit: string, ownerId: string, check: Check, environmentId: string) => Promise<CheckOutcome['state']> =
    () => Promise.resolve('PASSED');
  /** What giving a slot back waits for. */
  releasing: () => Promise<void> = () => Promise.resolve();
  /** Owners whose slot is held, and the most that were held at once. */
  readonly held = new Set<string>();
  mostHeld = 0;
  readonly tested: string[] = [];
  private readonly stopped = new Map<string, () => void>();

  private constructor(
    private readonly host: TemporalWorkerHost,
    private readonly specs: () => GrpcCalls<typeof SandboxSpecServiceService>,
  ) {}

  static async start(
    temporal: TestTemporal,
    logger: Logger,
    specs: () => GrpcCalls<typeof SandboxSpecServiceService>,
  ): Promise<FakeRunner> {
    const host = new TemporalWorkerHost({ address: temporal.address, namespace: temporal.namespace, logger });
    const runner = new FakeRunner(host, specs);
    const activities: ChecksActivity = {
      claim: ({ owner }) => Promise.resolve(runner.claim(owner)),
      runChecks: ({ owner, commit }) => runner.runChecks(owner, commit),
      stop: ({ owner }) => Promise.resolve(runner.stopSandbox(owner)),
      release: async ({ owner }) => {
        await runner.releasing();
        runner.held.delete(nameOf(owner));
        return {};
      },
    };
    await host.startWorker({ taskQueue: TASK_QUEUES.pool('default'), activities: { claim: activities.claim } });
    await host.startWorker({ taskQueue: TASK_QUEUES.runner('fake'), activities: { ...activities } });
    return runner;
  }

  async stop(): Promise<void> {
    await this.host.stop();
  }

  /** Resolves when no slot is held: a landing has settled before its slot is given back. */
  async freed(): Promise<void> {
    while (this.held.size > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  private claim(owner: SandboxOwnerRef): { outcome: 'CLAIMED'; runnerId: string } {
    this.held.add(nameOf(owner));
    this.mostHeld = Math.max(this.mostHeld, this.held.size);
    return { outcome: 'CLAIMED', runnerId: 'fake' };
  }

  private async runChecks(owner: SandboxOwnerRef, commit: string): Promise<ChecksResult> {
    const spec = await this.spec(owner);
    if (spec.commit !== commit) throw new Error(`the spec names ${spec.commit}, not ${commit}`);
    this.tested.push(commit);
    const stopped = new Promise<'STOPPED'>((resolve) => {
      this.stopped.set(nameOf(owner), () => {
        resolve('STOPPED');
      });
    });
    const judged = Promise.all(
      spec.checks.map(async (check) => ({
        name: check.name,
        state: await this.judge(commit, owner.id, check, spec.environmentId),
      })),
    );
    const states = await Promise.race([judged, stopped]);
    if (states === 'STOPPED') return { outcome: 'STOPPED', checks: [] };
    const checks = states.map(({ name, state }) => ({
      name,
      state,
      exitCode: state === 'PASSED' ? 0 : 1,
      durationMs: 1_500,
      treeId: commit,
      environmentVersion: 1,
      advisory: false,
      statusDetail: '',
    }));
    return { outcome: 'RAN', checks };
  }

  private async spec(owner: SandboxOwnerRef): Promise<SandboxSpec> {
    try {
      return await this.specs().getSandboxSpec({
        owner: { kind: SandboxOwner_Kind[owner.kind], id: owner.id, fence: String(owner.fence) },
      });
    } catch (error) {
      const reason = HeddleError.is(error) ? error.reason : 'INTERNAL';
      throw ApplicationFailure.create({ type: reason, nonRetryable: reason === RUNNER_FAILURES.fenceSuperseded });
    }
  }

  private stopSandbox(owner: SandboxOwnerRef): { stopped: boolean } {
    const stop = this.stopped.get(nameOf(owner));
    stop?.();
    return { stopped: stop !== undefined };
  }
}

function nameOf(owner: SandboxOwnerRef): string {
  return `${owner.id}/${String(owner.fence)}`;
}
