import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { streamDecode, streamEncode, type Packet, type RecordType } from 'dns-packet';
import { once } from 'node:events';
import { connect } from 'node:net';
import { RawClient, tlsOver } from '../spec-support/raw-client.js';
import { askFor, queryOf, resolveName } from '../spec-support/resolve-name.js';
import { openTestEgress, type TestEgress } from '../spec-support/test-egress.js';
import { plainUpstream, tlsUpstream, type Upstream } from '../spec-support/upstream.js';

describe('names of the list, for clients that use no proxy', () => {
  let plain: Upstream;
  let secure: Upstream;
  let test: TestEgress;

  beforeAll(async () => {
    plain = await plainUpstream();
    secure = await tlsUpstream('secure.test');
  });
  afterAll(async () => {
    await plain.close();
    await secure.close();
  });
  afterEach(() => test.egress.close());

  async function open(maxNames = 512): Promise<void> {
    test = await openTestEgress(
      {
        rules: [
          { host: 'plain.test', ports: [plain.port] },
          { host: 'secure.test', ports: [secure.port] },
          { host: 'scoped.test', ports: [secure.port, plain.port], methods: ['GET'] },
          { host: '*.wild.test', ports: [plain.port] },
        ],
        privateHosts: ['plain.test', 'secure.test', 'a.wild.test'],
      },
      { limits: { maxNames } },
    );
  }

  const overUdp = (name: string, type?: RecordType): ReturnType<typeof askFor> => askFor(test, name, type);
  const resolve = (name: string): Promise<string> => resolveName(test, name);

  it('have an address each, which stays', async () => {
    await open();
    const address = await resolve('plain.test');
    expect(address.startsWith(test.dnsHost.replace(/\.0\.53$/, '.'))).toBe(true);
    expect(await resolve('PLAIN.test')).toBe(address);
    expect(await resolve('secure.test')).not.toBe(address);
    expect(await overUdp('plain.test', 'AAAA')).toMatchObject({ rcode: 'NOERROR', answers: [] });
  });

  it('are all that is known, and what else is asked for is recorded once', async () => {
    await open();
    expect(await overUdp('other.test')).toMatchObject({ rcode: 'NXDOMAIN' });
    expect(await overUdp('other.test')).toMatchObject({ rcode: 'NXDOMAIN' });
    expect(await overUdp('wild.test')).toMatchObject({ rcode: 'NXDOMAIN' });
    expect(test.records).toMatchObject([
      { scheme: 'dns', host: 'other.test', verdict: 'REFUSED', suggestion: { host: 'other.test' } },
      { scheme: 'dns', host: 'wild.test' },
    ]);
  });

  it('can be asked for over TCP, several at once', async () => {
    await open();
    const socket = connect(test.dnsPort, test.dnsHost);
    const both = Buffer.concat([streamEncode(queryOf('plain.test')), streamEncode(queryOf('other.test'))]);
    socket.write(both.subarray(0, 5));
    socket.write(both.subarray(5));
    let received = Buffer.alloc(0);
    const answers: (Packet & { rcode?: string })[] = [];
    while (answers.length < 2) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      received = Buffer.concat([received, chunk]);
      while (received.length > 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        answers.push(streamDecode(received.subarray(0, end)));
        received = received.subarray(end);
      }
    }
    expect(answers.map(({ rcode }) => rcode).sort()).toEqual(['NOERROR', 'NXDOMAIN']);
    socket.destroy();
  });

  it('lead to their host, in the clear', async () => {
    await open();
    const address = await resolve('plain.test');
    const ask = async (host: string): Promise<string> =>
      (await RawClient.open(address, plain.port))
        .send(`GET /x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
        .all();
    expect(await ask('plain.test')).toMatch(/^HTTP\/1.1 200 /);
    expect(await test.record({ scheme: 'http' })).toMatchObject({ host: 'plain.test', path: '/x', verdict: 'ALLOWED' });
    expect(await ask('a.wild.test')).toMatch(/^HTTP\/1.1 421 /);
  });

  it('lead to their host by TLS that names it', async () => {
    await open();
    const address = await resolve('secure.test');
    const dial = async (servername: string): Promise<boolean> => {
      const { socket } = await RawClient.open(address, secure.port);
      socket.removeAllListeners('data');
      const tls = await tlsOver(socket, { servername, ca: secure.ca });
      tls.destroy();
      return tls.authorized;
    };
    expect(await dial('secure.test')).toBe(true);
    await expect(dial('scoped.test')).rejects.toThrow();
    expect(await test.record({ verdict: 'REFUSED' })).toMatchObject({ host: 'secure.test', reason: 'SNI_MISMATCH' });
  });

  it('are decided about by method where a rule has one', async () => {
    await open();
    const client = await RawClient.open(await resolve('scoped.test'), plain.port);
    client.send('DELETE / HTTP/1.1\r\nHost: scoped.test\r\nConnection: close\r\n\r\n');
    expect(await client.all()).toContain('METHOD_NOT_ALLOWED');
  });

  it('below a *.suffix get an address when asked for, up to a limit', async () => {
    await open(2);
    const client = await RawClient.open(await resolve('a.wild.test'), plain.port);
    client.send('GET / HTTP/1.1\r\nHost: a.wild.test\r\nConnection: close\r\n\r\n');
    expect(await client.all()).toMatch(/^HTTP\/1.1 200 /);
    await resolve('b.wild.test');
    expect(await overUdp('c.wild.test')).toMatchObject({ rcode: 'SERVFAIL' });
    expect(await test.record({ reason: 'NAME_LIMIT' })).toMatchObject({ host: 'c.wild.test' });
    await resolve('a.wild.test');
  });
});
