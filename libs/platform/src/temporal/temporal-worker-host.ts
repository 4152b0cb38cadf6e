import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from '../logging/create-logger.js';
import type { TemporalSettings } from './connect-temporal.js';
import { installTemporalRuntime } from './install-runtime.js';

export interface WorkerHostSettings extends TemporalSettings {
  readonly logger: Logger;
  /** A worker that broke takes the process with it, so that it is started anew: the default ends the process with 1. */
  readonly onFatal?: (error: unknown) => void;
}

export type HostedWorkerOptions = Omit<WorkerOptions, 'connection' | 'namespace'>;

export interface HostedWorker {
  readonly worker: Worker;
  /** Takes no more tasks and waits for those in work, as its grace time says. Repeats are harmless. */
  stop(): Promise<void>;
}

const RETRY_MS = 1_000;

/** The Temporal workers of a process over one connection. Stop it before what its activities need is closed. */
export class TemporalWorkerHost {
  private readonly workers = new Set<HostedWorker>();
  private connection: Promise<NativeConnection> | undefined;
  private stopping = false;

  constructor(private readonly settings: WorkerHostSettings) {}

  /** Starts a worker; waits for Temporal if it is away. One that cannot be made is as fatal as one that breaks. */
  async startWorker(options: HostedWorkerOptions): Promise<HostedWorker> {
    installTemporalRuntime(this.settings.logger);
    this.connection ??= this.connect();
    const worker = await this.makeWorker(options, await this.connection);
    const ended = worker.run().catch((error: unknown) => this.fail(error, options.taskQueue));
    const hosted: HostedWorker = {
      worker,
      stop: async () => {
        // One that somebody stopped is no fault.
        this.workers.delete(hosted);
        if (worker.getState() === 'RUNNING') worker.shutdown();
        await ended;
      },
    };
    this.workers.add(hosted);
    return hosted;
  }

  /** Stops all workers, then closes the connection. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all([...this.workers].map((hosted) => hosted.stop()));
    const connection = await this.connection?.catch(() => undefined);
    await connection?.close();
  }

  /** For readiness. @throws when a worker is not running */
  check(): void {
    const idle = [...this.workers].find((hosted) => hosted.worker.getState() !== 'RUNNING');
    if (this.workers.size === 0 || idle !== undefined) throw new Error('no worker is running');
  }

  /** A process that goes on without its worker would look alive and do nothing. */
  private async makeWorker(options: HostedWorkerOptions, connection: NativeConnection): Promise<Worker> {
    try {
      return await Worker.create({
        shutdownGraceTime: '5s',
        shutdownForceTime: '15s',
        // A workflow task for a worker that died waits this long before another may take it.
        stickyQueueScheduleToStartTimeout: '2s',
        ...options,
        connection,
        namespace: this.settings.namespace,
      });
    } catch (error) {
      if (!this.stopping) this.fail(error, options.taskQueue);
      throw error;
    }
  }

  private async connect(): Promise<NativeConnection> {
    for (;;) {
      try {
        return await NativeConnection.connect({ address: this.settings.address });
      } catch (error) {
        if (this.stopping) throw error;
        this.settings.logger.warn({ err: error }, 'Temporal is not reachable yet');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  private fail(error: unknown, taskQueue: string | undefined): void {
    this.settings.logger.fatal({ err: error, taskQueue }, 'a Temporal worker broke');
    if (this.settings.onFatal === undefined) process.exit(1);
    this.settings.onFatal(error);
  }
}
