import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type Socket } from 'node:net';
import { connectThrough, RawClient, toProxy } from '../spec-support/raw-client.js';
import { openTestEgress, type TestEgress } from '../spec-support/test-egress.js';
import { plainUpstream, type Upstream } from '../spec-support/upstream.js';

describe('a sandbox that floods its egress', () => {
  let upstream: Upstream;
  let flooded: TestEgress;
  let other: TestEgress;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    upstream = await plainUpstream();
  });
  afterAll(() => upstream.close());
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await flooded.egress.close();
    await other.egress.close();
  });

  async function open(limits: Record<string, number>): Promise<void> {
    const rules = [{ host: 'up.test', ports: [upstream.port] }];
    flooded = await openTestEgress({ rules }, { limits });
    other = await openTestEgress({ rules });
  }

  async function ask(egress: TestEgress): Promise<string> {
    const authority = `up.test:${String(upstream.port)}`;
    const client = await toProxy(egress);
    return client.send(`GET http://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n\r\n`).all();
  }

  /** Connections that say nothing; resolves to how many of them were closed. */
  async function connectIdle(count: number, kept: number): Promise<number> {
    let closed = 0;
    await new Promise<void>((resolve) => {
      for (let index = 0; index < count; index += 1) {
        const socket = connect(flooded.proxyPort, flooded.proxyHost);
        sockets.push(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          closed += 1;
          if (closed === count - kept) resolve();
        });
      }
    });
    return closed;
  }

  it('has so many connections and no more, and others do not notice', async () => {
    await open({ maxConnections: 50 });
    // 10,000 of them, in waves that the test's own descriptors allow.
    for (let wave = 0; wave < 20; wave += 1) {
      expect(await connectIdle(500, wave === 0 ? 50 : 0)).toBe(wave === 0 ? 450 : 500);
      expect(await ask(other)).toMatch(/^HTTP\/1.1 200 /);
    }
    expect(await flooded.record({ reason: 'CONNECTION_LIMIT' })).toMatchObject({ verdict: 'REFUSED' });
    expect(flooded.records.filter(({ reason }) => reason === 'CONNECTION_LIMIT').length).toBeLessThan(60);
  });

  it('may open tunnels without end, one after the other', async () => {
    await open({ maxConnections: 20 });
    for (let round = 0; round < 200; round += 1) {
      const { client, answer } = await connectThrough(flooded, `none${String(round)}.test:443`);
      expect(answer).toMatch(/^HTTP\/1.1 403 /);
      client.socket.destroy();
    }
    expect(await ask(other)).toMatch(/^HTTP\/1.1 200 /);
  });

  it('may leave tunnels without a word for so long only', async () => {
    await open({ maxConnections: 20, handshakeMs: 100 });
    const { client } = await connectThrough(flooded, `up.test:${String(upstream.port)}`);
    await client.all();
    expect(await flooded.record({ verdict: 'FAILED' })).toMatchObject({ scheme: 'tcp', reason: 'CLIENT_ABORTED' });
  });

  it('gets an end to headers that have none', async () => {
    await open({ maxHeaderBytes: 16_384 });
    const client = await RawClient.open(flooded.proxyHost, flooded.proxyPort);
    client.send('GET http://up.test/ HTTP/1.1\r\nHost: up.test\r\n');
    const line = `X-Long: ${'x'.repeat(1000)}\r\n`;
    while (!client.socket.destroyed && client.socket.writable) {
      client.send(line);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await client.all()).not.toMatch(/HTTP\/1.1 200/);
    expect(await ask(other)).toMatch(/^HTTP\/1.1 200 /);
  });

  it('gets an end to a ClientHello that has none', async () => {
    await open({});
    const { client } = await connectThrough(flooded, `up.test:${String(upstream.port)}`);
    const record = `\x16\x03\x01\x40\x00\x01\x00\xff\xff${'\0'.repeat(16_380)}`;
    for (let count = 0; count < 12 && !client.socket.destroyed; count += 1) client.send(record);
    await client.all();
    expect((await flooded.record({ verdict: 'REFUSED' })).reason).toBe('UNKNOWN_PROTOCOL');
  });
});
