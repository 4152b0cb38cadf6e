import { fileURLToPath } from 'node:url';
import { LOOK_SIGNAL, TASK_QUEUES, WORKFLOW_IDS, WORKFLOW_TYPES } from '@heddle/contracts/workflows';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundle,
} from '@temporalio/worker';
import type { FakeRunner } from './attempt-fakes.js';

export const RUNNER = 'r1';

/** Workers of the test's own on a real Temporal server, with the workflows as they are bundled. */
export class WorkflowStage {
  private readonly running: { worker: Worker; ended: Promise<void> }[] = [];

  private constructor(
    private readonly namespace: string,
    readonly bundle: WorkflowBundle,
    private readonly native: NativeConnection,
    private readonly connection: Connection,
    readonly client: Client,
  ) {}

  static async open({ address, namespace }: { address: string; namespace: string }): Promise<WorkflowStage> {
    Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });
    const bundle = await bundleWorkflowCode({
      logger: new DefaultLogger('WARN'),
      workflowsPath: fileURLToPath(new URL('../../dist/all-workflows.js', import.meta.url)),
    });
    const native = await NativeConnection.connect({ address });
    const connection = await Connection.connect({ address });
    return new WorkflowStage(namespace, bundle, native, connection, new Client({ connection, namespace }));
  }

  async close(): Promise<void> {
    await this.connection.close();
    await this.native.close();
  }

  /** After each test. */
  async stopWorkers(): Promise<void> {
    for (const { worker } of this.running) if (worker.getState() === 'RUNNING') worker.shutdown();
    await Promise.all(this.running.splice(0).map(({ ended }) => ended));
  }

  async start(taskQueue: string, activities: object, withWorkflows = false): Promise<void> {
    const worker = await Worker.create({
      connection: this.native,
      namespace: this.namespace,
      taskQueue,
      activities,
      // An activity that a failed test left running must not hold up the rest.
      shutdownForceTime: '5s',
      ...(withWorkflows ? { workflowBundle: this.bundle } : {}),
    });
    this.running.push({ worker, ended: worker.run() });
  }

  /** The worker of workflows, with rows of the test's own. */
  startRows(rows: object): Promise<void> {
    return this.start(TASK_QUEUES.scheduler, bound(rows), true);
  }

  async startRunner(runner: FakeRunner): Promise<void> {
    await this.start(TASK_QUEUES.runner(RUNNER), bound(runner));
    await this.start(TASK_QUEUES.pool('default'), {
      claim: () => Promise.resolve({ outcome: 'CLAIMED', runnerId: RUNNER }),
    });
  }

  async look(kind: 'attempt' | 'job', id: string): Promise<void> {
    await this.client.workflow.signalWithStart(WORKFLOW_TYPES[kind], {
      workflowId: WORKFLOW_IDS[kind](id),
      taskQueue: TASK_QUEUES.scheduler,
      args: [kind === 'attempt' ? { attemptId: id } : { jobId: id }],
      signal: LOOK_SIGNAL,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    });
  }

  /** Waits for the workflow's end and replays its history: the code must take the same way again. */
  async ended(kind: 'attempt' | 'job', id: string): Promise<void> {
    const handle: WorkflowHandle = this.client.workflow.getHandle(WORKFLOW_IDS[kind](id));
    await handle.result();
    await Worker.runReplayHistory({ workflowBundle: this.bundle }, await handle.fetchHistory(), handle.workflowId);
  }
}

/** The methods of an object as activities. */
export function bound(target: object): object {
  return new Proxy(
    {},
    {
      get: (_, name) => {
        const method = (target as Record<string | symbol, unknown>)[name];
        return typeof method === 'function' ? (method.bind(target) as unknown) : undefined;
      },
      ownKeys: () => Object.getOwnPropertyNames(Object.getPrototypeOf(target)).filter((name) => name !== 'constructor'),
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
    },
  );
}
