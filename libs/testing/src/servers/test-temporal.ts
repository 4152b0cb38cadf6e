import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { findTemporal, freePort, temporalServer } from '@heddle/local/servers';
import { Connection } from '@temporalio/client';
import { findContext } from './find-context.js';
import { sharedServer } from './shared-server.js';

/** The run's Temporal server, with a namespace of one test file: ids and task queues of files never meet. */
export interface TestTemporal {
  readonly address: string;
  readonly namespace: string;
}

const VISIBLE_WITHIN_MS = 30_000;

/** @throws {SetupError} SERVER_NOT_FOUND */
export async function testTemporal(): Promise<TestTemporal> {
  const context = await findContext();
  const address = await sharedServer('temporal', async (directory) =>
    temporalServer({
      program: (await findTemporal(context)).path,
      directory,
      port: await freePort(),
      user: context.user,
      env: context.env,
      durable: false,
    }),
  );
  const namespace = `test-${randomBytes(6).toString('hex')}`;
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    await usable(connection, namespace);
  } finally {
    await connection.close();
  }
  return { address, namespace };
}

/** The server's parts learn of a new namespace one after the other. */
async function usable(connection: Connection, namespace: string): Promise<void> {
  const deadline = performance.now() + VISIBLE_WITHIN_MS;
  for (;;) {
    try {
      await connection.workflowService.listWorkflowExecutions({ namespace, pageSize: 1 });
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(50);
    }
  }
}
