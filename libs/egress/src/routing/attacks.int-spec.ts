import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connectThrough, tlsThrough, toProxy } from '../spec-support/raw-client.js';
import { openTestEgress, type TestEgress } from '../spec-support/test-egress.js';
import { plainUpstream, tlsUpstream, type Upstream } from '../spec-support/upstream.js';

describe('ways around the rules', () => {
  let plain: Upstream;
  let secure: Upstream;
  let test: TestEgress;

  beforeAll(async () => {
    plain = await plainUpstream();
    secure = await tlsUpstream('passed.test');
  });
  afterAll(async () => {
    await plain.close();
    await secure.close();
  });
  afterEach(() => test.egress.close());

  async function open(resolve?: (host: string) => Promise<string[]>, privateHosts?: string[]): Promise<void> {
    const ports = [plain.port, secure.port, 80, 443];
    test = await openTestEgress(
      {
        rules: [
          { host: 'passed.test', ports },
          { host: '*.wild.test', ports },
          { host: 'bücher.test', ports },
        ],
        ...(privateHosts !== undefined && { privateHosts }),
      },
      resolve === undefined ? {} : { resolve },
    );
  }

  async function get(authority: string, host = authority): Promise<string> {
    const client = await toProxy(test);
    return client.send(`GET http://${authority}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`).all();
  }

  it.each([
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '127.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '169.254.169.254',
  ])('reaches no address: %s', async (address) => {
    await open();
    expect(await get(`${address}:${String(plain.port)}`)).toMatch(/^HTTP\/1.1 403 [^]*IP_LITERAL/);
    const { answer } = await connectThrough(test, `${address}:${String(plain.port)}`);
    expect(answer).toMatch(/^HTTP\/1.1 403 [^]*IP_LITERAL/);
    expect(await test.record({ verdict: 'REFUSED', method: 'CONNECT' })).toMatchObject({ reason: 'IP_LITERAL' });
  });

  it('reaches no host by a user name that looks like one', async () => {
    await open();
    expect(await get(`passed.test@evil.test:${String(plain.port)}`)).toMatch(/^HTTP\/1.1 403 [^]*USERINFO/);
    expect((await connectThrough(test, `passed.test:443@evil.test:443`)).answer).toMatch(/ 40[03] /);
  });

  it.each(['PASSED.test', 'passed.test.', 'passed.TEST'])('takes %s for the host that it is', async (spelling) => {
    await open();
    expect(await get(`${spelling}:${String(plain.port)}`)).toMatch(/^HTTP\/1.1 200 /);
    expect(plain.requests.at(-1)?.headers.host).toBe(`passed.test:${String(plain.port)}`);
  });

  it('knows an international name by its punycode', async () => {
    await open();
    expect(await get(`XN--BCHER-KVA.test:${String(plain.port)}`)).toMatch(/^HTTP\/1.1 200 /);
    expect(await get(`xn--bchr-kva.test:${String(plain.port)}`)).toContain('HOST_NOT_ALLOWED');
  });

  it.each(['wild.test', 'passed.test.evil.test', 'xpassed.test', 'passed.tests', 'xwild.test'])(
    'does not take %s for a host of the list',
    async (host) => {
      await open();
      expect(await get(`${host}:${String(plain.port)}`)).toMatch(/^HTTP\/1.1 403 [^]*HOST_NOT_ALLOWED/);
    },
  );

  it.each([
    'GET / HTTP/1.1\r\nHost: passed.test',
    'GET https://passed.test/ HTTP/1.1\r\nHost: passed.test',
    'GET file:///etc/passwd HTTP/1.1\r\nHost: passed.test',
  ])('does not serve what is no request to a proxy: %j', async (head) => {
    await open();
    const client = await toProxy(test);
    expect(await client.send(`${head}\r\n\r\n`).until(/\r\n\r\n./)).toMatch(/^HTTP\/1.1 400 /);
    expect(await test.record({ verdict: 'REFUSED' })).toMatchObject({ reason: 'BAD_REQUEST' });
  });

  it('refuses another Host than the URL names, and two of them', async () => {
    await open();
    const port = String(plain.port);
    const before = plain.requests.length;
    expect(await get(`passed.test:${port}`, 'evil.test')).toMatch(/^HTTP\/1.1 421 /);
    expect(await get(`passed.test:${port}`, `passed.test:${port}\r\nHost: evil.test`)).toMatch(/^HTTP\/1.1 400 /);
    const { client } = await connectThrough(test, `passed.test:${port}`);
    client.send('GET / HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n');
    expect(await client.all()).toMatch(/HTTP\/1.1 421 /);
    expect(plain.requests).toHaveLength(before);
  });

  it.each([
    ['a length beside chunks', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'Content-Length: 4\r\nContent-Length: 40\r\n\r\nbody'],
    ['a folded header', 'X-A: 1\r\n Transfer-Encoding: chunked\r\n\r\n'],
    ['bare line feeds', 'X-A: 1\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['an encoding that is not the last', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['a space before the colon', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
    ['a NUL in a header', 'X-A: \0\r\n\r\n'],
    ['a chunk size that overflows', 'Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx\r\n'],
  ])('lets no second request in behind %s', async (_, rest) => {
    await open();
    const before = plain.requests.length;
    const authority = `passed.test:${String(plain.port)}`;
    const client = await toProxy(test);
    client.send(
      `POST http://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\n${rest}GET http://evil.test/ HTTP/1.1\r\n\r\n`,
    );
    client.socket.end();
    expect(await client.all()).not.toMatch(/HTTP\/1.1 200/);
    expect(plain.requests).toHaveLength(before);
  });

  it('connects to no private address that a name resolves to', async () => {
    for (const address of [
      '127.0.0.1',
      '10.0.0.1',
      '169.254.169.254',
      '::1',
      '::ffff:127.0.0.1',
      '64:ff9b::7f00:1',
      '100.64.0.1',
    ]) {
      await open(async () => [address], []);
      expect(await get(`passed.test:${String(plain.port)}`)).toMatch(/^HTTP\/1.1 403 [^]*ADDRESS_NOT_PUBLIC/);
      expect((await connectThrough(test, `passed.test:${String(secure.port)}`)).answer).toContain('ADDRESS_NOT_PUBLIC');
      await test.egress.close();
    }
  });

  it('connects to the address that it has checked, whatever the next look-up says', async () => {
    const answers = [['203.0.113.1', '127.0.0.1'], ['127.0.0.1']];
    let lookups = 0;
    // The first answer holds a documentation address, refused like a private one: nothing is left of it.
    await open(async () => answers[Math.min(lookups++, 1)] ?? [], []);
    expect(await get(`passed.test:${String(plain.port)}`)).toContain('ADDRESS_NOT_PUBLIC');
    expect(lookups).toBe(1);
    await test.egress.close();
    // Allowed once, and asked once for one connection.
    lookups = 0;
    await open(async () => {
      lookups += 1;
      return lookups === 1 ? ['127.0.0.1'] : ['127.0.0.2'];
    });
    expect(await get(`passed.test:${String(plain.port)}`)).toMatch(/^HTTP\/1.1 200 /);
    expect(lookups).toBe(1);
  });

  it('passes TLS through whose server name is the host, and no other', async () => {
    await open();
    const authority = `passed.test:${String(secure.port)}`;
    const socket = await tlsThrough(test, authority, { servername: 'passed.test', ca: secure.ca });
    expect(socket.authorized).toBe(true);
    socket.destroy();
    expect(await test.record({ scheme: 'tls' })).toMatchObject({ verdict: 'ALLOWED', host: 'passed.test' });
    await expect(tlsThrough(test, authority, { servername: 'evil.test', ca: secure.ca })).rejects.toThrow();
    expect(await test.record({ scheme: 'tls' })).toMatchObject({ verdict: 'REFUSED', reason: 'SNI_MISMATCH' });
    // An address is never sent as a server name.
    await expect(tlsThrough(test, authority, { host: '127.0.0.1', ca: secure.ca })).rejects.toThrow();
    expect(await test.record({ scheme: 'tls' })).toMatchObject({ verdict: 'REFUSED', reason: 'SNI_MISSING' });
  });
});
