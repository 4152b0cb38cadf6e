import { RunnerRegistryServiceClient } from '@heddle/contracts/internal';
import { createGrpcClient } from '@heddle/platform/grpc-client';
import type { Logger } from '@heddle/platform/logging';
import type { SupervisorHello } from '../../protocol/supervisor-protocol.js';
import type { SlotPool } from '../slots/slot-pool.js';

export interface RunnerReporterOptions {
  readonly runnerId: string;
  readonly pool: string;
  readonly version: string;
  readonly hello: SupervisorHello;
  readonly slots: SlotPool;
  readonly schedulerAddress: string;
  readonly internalToken: string;
  readonly logger: Logger;
  /** Draining stops the claims only. */
  readonly onDrain: (drain: boolean) => Promise<void>;
}

const EVERY_MS = 10_000;

/** Tells the scheduler every ten seconds what is here. It is for people and decides nothing but draining. */
export class RunnerReporter {
  private readonly client;
  private timer: NodeJS.Timeout | undefined;
  private draining = false;
  private wasRefused = false;

  constructor(private readonly options: RunnerReporterOptions) {
    this.client = createGrpcClient(RunnerRegistryServiceClient, options.schedulerAddress, {
      internalToken: options.internalToken,
      deadlineMs: 5_000,
    });
  }

  start(): void {
    void this.report();
    this.timer = setInterval(() => void this.report(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.client.close();
  }

  private async report(): Promise<void> {
    const { runnerId, pool, version, hello, slots, logger } = this.options;
    const { driver, boundary, missing, fileSystem } = hello.description;
    try {
      const { drain } = await this.client.reportRunner({
        runnerId,
        pool,
        version,
        slots: slots.slots,
        used: slots.used,
        driver,
        boundary,
        missing: [...missing],
        fileSystem,
        state: 'ACTIVE',
        failedProbes: [],
        samples: [],
      });
      this.wasRefused = false;
      if (drain !== this.draining) {
        this.draining = drain;
        await this.options.onDrain(drain);
      }
    } catch (error) {
      // Said once: the scheduler may be away for long.
      if (!this.wasRefused) logger.warn({ err: error }, 'the scheduler did not take the report');
      this.wasRefused = true;
    }
  }
}
