import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '@heddle/testing';
import { silent } from '../spec-support/outbox-fixture.js';
import { connectTemporal, type TemporalClient } from './connect-temporal.js';
import { TemporalWorkerHost } from './temporal-worker-host.js';

await describeWith(['temporal'], 'Temporal hosts', ({ temporal }) => {
  let client: TemporalClient;

  beforeAll(() => {
    client = connectTemporal({ address: temporal.address, namespace: temporal.namespace });
  });
  afterAll(() => client.close());

  it('run workers side by side and stop them in order, also twice', async () => {
    const host = new TemporalWorkerHost({ address: temporal.address, namespace: temporal.namespace, logger: silent });
    expect(() => host.check()).toThrow('no worker');
    const first = await host.startWorker({ taskQueue: 'one', activities: { noop: () => Promise.resolve() } });
    const second = await host.startWorker({ taskQueue: 'two', activities: { noop: () => Promise.resolve() } });
    expect(() => host.check()).not.toThrow();
    await first.stop();
    await first.stop();
    // One that was stopped on purpose is not missed.
    expect(() => host.check()).not.toThrow();
    await second.stop();
    expect(() => host.check()).toThrow('no worker');
    await host.stop();
    expect(second.worker.getState()).toBe('STOPPED');
  });

  it('do not go on without a worker that could not be made', async () => {
    const fatal: unknown[] = [];
    const host = new TemporalWorkerHost({
      address: temporal.address,
      namespace: temporal.namespace,
      logger: silent,
      onFatal: (error) => fatal.push(error),
    });
    const making = host.startWorker({ taskQueue: 'one', workflowBundle: { codePath: '/nowhere/bundle.js' } });
    await expect(making).rejects.toThrow();
    expect(fatal).toHaveLength(1);
    await host.stop();
  });

  it('connect when Temporal comes, and end while it is away', async () => {
    const host = new TemporalWorkerHost({ address: '127.0.0.1:1', namespace: 'default', logger: silent });
    const starting = host.startWorker({ taskQueue: 'one', activities: { noop: () => Promise.resolve() } });
    const ended = expect(starting).rejects.toThrow();
    await host.stop();
    await ended;
  });

  it('have a client that is made without a server, and says that it is away', async () => {
    const away = connectTemporal({ address: '127.0.0.1:1', namespace: 'default' });
    const asking = away.connection.withDeadline(Date.now() + 500, () => away.client.workflow.getHandle('x').describe());
    await expect(asking).rejects.toThrow();
    await away.close();
    await expect(client.client.workflow.getHandle('nobody').describe()).rejects.toMatchObject({
      name: 'WorkflowNotFoundError',
    });
  });
});
