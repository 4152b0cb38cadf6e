import {
  RunnerRegistryServiceClient,
  type AgentToolReport,
  type SandboxSample,
  type SteeringMessage,
  type WantedAgentTool,
} from '@heddle/contracts/internal';
import { createGrpcClient } from '@heddle/platform/grpc-client';
import type { Logger } from '@heddle/platform/logging';
import type { DriverDescription } from '@heddle/sandbox';
import type { DrainOrder } from './drain-order.js';

/** What there is to say of the runner at this moment. */
export interface RunnerView {
  /** Absent until a supervisor has answered. */
  readonly description?: DriverDescription | undefined;
  readonly slots: number;
  readonly used: number;
  /** Why the supervisor refuses work, in words; empty where it does not. */
  readonly failedProbes: readonly string[];
}

export interface RunnerReporterOptions {
  readonly runnerId: string;
  readonly pool: string;
  readonly version: string;
  readonly view: () => Promise<RunnerView>;
  readonly schedulerAddress: string;
  readonly internalToken: string;
  readonly samples: () => Promise<SandboxSample[]>;
  readonly logger: Logger;
  /** Programs of agents; undefined until it is known what there is. */
  readonly agentTools: () =>
    { report(): AgentToolReport[]; want(wanted: readonly WantedAgentTool[]): void } | undefined;
  /** Messages for agents that run here; repeats are harmless. Never rejects. */
  readonly steer: (messages: readonly SteeringMessage[]) => Promise<void>;
  /** What the scheduler said last, also to a process before this one. */
  readonly order: DrainOrder;
  /** Draining stops the claims only. */
  readonly onDrain: (drain: boolean) => Promise<void>;
}

const EVERY_MS = 10_000;

/** Tells the scheduler every ten seconds what is here. It is for people, and the answer says whether to drain and what agents are told. */
export class RunnerReporter {
  private readonly client;
  private timer: NodeJS.Timeout | undefined;
  private last: Promise<void> = Promise.resolve();
  private ordered = false;
  private draining = false;
  private wasRefused = false;

  constructor(private readonly options: RunnerReporterOptions) {
    this.client = createGrpcClient(RunnerRegistryServiceClient, options.schedulerAddress, {
      internalToken: options.internalToken,
      deadlineMs: 5_000,
    });
  }

  async start(): Promise<void> {
    this.ordered = await this.options.order.read();
    void this.report();
    this.timer = setInterval(() => void this.report(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.client.close();
  }

  /** At once, beside the regular ones and after those that are on their way. */
  report(): Promise<void> {
    this.last = this.last.then(() => this.reportOnce());
    return this.last;
  }

  private async reportOnce(): Promise<void> {
    const { runnerId, pool, version, view, samples, logger, agentTools, steer } = this.options;
    try {
      const { description, slots, used, failedProbes } = await view();
      const refusing = failedProbes.length > 0;
      // A boundary that does not hold takes nobody, whether the scheduler hears of it or not.
      await this.drain(this.ordered || refusing);
      const tools = agentTools();
      const { drain, wantedAgentTools, steeringMessages } = await this.client.reportRunner({
        runnerId,
        pool,
        version,
        slots,
        used,
        driver: description?.driver ?? '',
        boundary: description?.boundary ?? '',
        missing: [...(description?.missing ?? [])],
        fileSystem: description?.fileSystem ?? '',
        state: refusing ? 'REFUSING' : this.ordered ? 'DRAINING' : 'ACTIVE',
        failedProbes: [...failedProbes],
        samples: await samples(),
        agentTools: tools?.report() ?? [],
      });
      this.wasRefused = false;
      if (wantedAgentTools !== undefined) tools?.want(wantedAgentTools.tools);
      await steer(steeringMessages);
      if (drain === this.ordered) return;
      await this.options.order.write(drain);
      this.ordered = drain;
      // Whoever waits for it to drain hears that it does.
      await this.reportOnce();
    } catch (error) {
      // Said once: the scheduler may be away for long.
      if (!this.wasRefused) logger.warn({ err: error }, 'the scheduler did not take the report');
      this.wasRefused = true;
    }
  }

  private async drain(drain: boolean): Promise<void> {
    if (drain === this.draining) return;
    await this.options.onDrain(drain);
    this.draining = drain;
  }
}
