import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { STREAMS, SUBJECTS } from '@heddle/contracts';
import { describeWith } from '@heddle/testing';
import { silent } from '../spec-support/outbox-fixture.js';
import { connectNats } from './connect-nats.js';
import { DurableConsumer } from './durable-consumer.js';
import { ensureStreams } from './ensure-streams.js';
import type { ConsumedMessage } from './handle-message.js';

await describeWith(['nats'], 'DurableConsumer', ({ nats }) => {
  let nc: NatsConnection;
  let aggregate: string;
  let durable: string;
  const consumers: DurableConsumer[] = [];

  beforeEach(async () => {
    nc = await connectNats({ url: nats.url, token: nats.token, name: 'test', logger: silent });
    await ensureStreams(nc);
    aggregate = `t${randomUUID()}`;
    durable = `c-${randomUUID()}`;
  });

  afterEach(async () => {
    await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()));
    await (await jetstreamManager(nc)).consumers.delete(STREAMS.events, durable);
    await nc.close();
  });

  function consume(handle: (message: ConsumedMessage) => Promise<void>, maxDeliveries?: number): DurableConsumer {
    const filter = SUBJECTS.eventsOf(aggregate);
    const consumer = new DurableConsumer({
      nc,
      stream: STREAMS.events,
      durable,
      filter,
      handle,
      logger: silent,
      ...(maxDeliveries === undefined ? {} : { maxDeliveries }),
    });
    consumers.push(consumer);
    consumer.start();
    return consumer;
  }

  async function publish(...ids: string[]): Promise<void> {
    for (const id of ids) await jetstream(nc).publish(SUBJECTS.event(aggregate, id), JSON.stringify({ id }));
  }

  async function publishText(id: string, text: string): Promise<void> {
    await jetstream(nc).publish(SUBJECTS.event(aggregate, id), text);
  }

  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async function acknowledged(): Promise<boolean> {
    const info = await (await jetstreamManager(nc)).consumers.info(STREAMS.events, durable);
    return info.num_ack_pending === 0 && info.num_pending === 0;
  }

  it('hears what was published before it existed, in order, and goes on where it stopped', async () => {
    const heard: string[] = [];
    const hear = (message: ConsumedMessage) => {
      heard.push(message.subject.split('.').at(-1) ?? '');
      return Promise.resolve();
    };
    await publish('1', '2', '3');
    const first = consume(hear);
    await until(() => heard.length === 3);
    await first.stop();
    await publish('4', '5');
    consume(hear);
    await until(() => heard.length === 5);
    expect(heard).toEqual(['1', '2', '3', '4', '5']);
    await until(acknowledged);
  });

  it('takes several subjects side by side, and each in order', async () => {
    const begun: string[] = [];
    const gates = new Map<string, () => void>();
    for (const id of ['a', 'b']) for (const text of ['1', '2']) await publishText(id, text);
    consume(async (message) => {
      const name = `${message.subject.split('.').at(-1) ?? ''}${String(message.json())}`;
      begun.push(name);
      await new Promise<void>((resolve) => gates.set(name, resolve));
    });
    await until(() => gates.has('a1') && gates.has('b1'));
    gates.get('b1')?.();
    await until(() => gates.has('b2'));
    expect(begun).toEqual(['a1', 'b1', 'b2']);
    gates.get('b2')?.();
    gates.get('a1')?.();
    await until(() => gates.has('a2'));
    gates.get('a2')?.();
    await until(acknowledged);
  });

  it('ends when it is stopped while it opens', async () => {
    await publish('1');
    const heard: string[] = [];
    const consumer = consume((message) => {
      heard.push(message.subject);
      return Promise.resolve();
    });
    await consumer.stop();
    expect(heard).toEqual([]);
  });

  it('gives a message back that could not be handled', async () => {
    const counts: number[] = [];
    await publish('1');
    consume((message) => {
      counts.push(message.deliveryCount);
      return message.deliveryCount < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve();
    });
    await until(() => counts.length === 3);
    expect(counts).toEqual([1, 2, 3]);
    await until(acknowledged);
  });

  it('parks a message after too many deliveries, with what a replay needs', async () => {
    const others: string[] = [];
    await publish('poison', 'fine');
    consume((message) => {
      if (message.subject.endsWith('poison')) return Promise.reject(new Error('never'));
      others.push(message.subject);
      return Promise.resolve();
    }, 2);
    const jsm = await jetstreamManager(nc);
    await until(
      async () =>
        (await jsm.streams.info(STREAMS.dead, { subjects_filter: SUBJECTS.deadLetter(durable) })).state.subjects !==
        undefined,
    );
    const dead = await jsm.streams.getMessage(STREAMS.dead, { last_by_subj: SUBJECTS.deadLetter(durable) });
    expect(dead?.json()).toEqual({ id: 'poison' });
    expect(dead?.header.get('Heddle-Subject')).toBe(SUBJECTS.event(aggregate, 'poison'));
    await until(acknowledged);
    expect(others).toHaveLength(1);
  });

  it('waits for an absent server without counting deliveries', async () => {
    const counts: number[] = [];
    await publish('1');
    consume((message) => {
      counts.push(message.deliveryCount);
      const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
      return counts.length < 3 ? Promise.reject(away) : Promise.resolve();
    }, 1);
    await until(() => counts.length === 3);
    expect(counts).toEqual([1, 1, 1]);
    await until(acknowledged);
  });
});
