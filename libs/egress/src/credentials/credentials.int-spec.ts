import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { WebSocket } from 'ws';
import type { EgressCredential } from '../grant/egress-grant.js';
import { connectThrough, RawClient, tlsThrough } from '../spec-support/raw-client.js';
import { openTestEgress, type TestEgress } from '../spec-support/test-egress.js';
import { plainUpstream, tlsUpstream, type Handler, type Upstream } from '../spec-support/upstream.js';

const SECRET = 'sk-live-0123456789abcdef';

describe('credentials of the egress', () => {
  let upstream: Upstream;
  let test: TestEgress;

  async function open(
    handler?: Handler,
    more: Partial<EgressCredential> = {},
    morePorts: readonly number[] = [],
  ): Promise<void> {
    upstream = await tlsUpstream('api.test', handler);
    test = await openTestEgress(
      {
        rules: [{ host: 'api.test', ports: [upstream.port, ...morePorts] }],
        credentials: [
          {
            name: 'model key',
            hosts: ['api.test'],
            methods: ['POST'],
            pathPrefix: '/v1',
            header: 'Authorization',
            format: 'Bearer {value}',
            value: SECRET,
            ...more,
          },
        ],
      },
      { upstreamCa: upstream.ca },
    );
  }

  afterEach(async () => {
    await test.egress.close();
    await upstream.close();
  });

  async function ask(line: string, headers = ''): Promise<string> {
    const socket = await tlsThrough(test, `api.test:${String(upstream.port)}`, {
      servername: 'api.test',
      ca: test.egress.caBundle(''),
    });
    const host = `Host: api.test:${String(upstream.port)}`;
    return new RawClient(socket).send(`${line} HTTP/1.1\r\n${host}\r\n${headers}Connection: close\r\n\r\n`).all();
  }

  it('are put on requests of their scope in place of what the client sent', async () => {
    await open();
    await ask('POST /v1/messages', 'authorization: Bearer mine\r\nRange: bytes=0-3\r\nAccept-Encoding: br\r\n');
    expect(upstream.requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${SECRET}`,
      'accept-encoding': 'identity',
    });
    expect(upstream.requests[0]?.headers).not.toHaveProperty('range');
    expect(JSON.stringify(test.records)).not.toContain(SECRET);
  });

  it.each(['GET /v1/messages', 'POST /v2', 'POST /v1/../v2', 'POST /v1/%2e%2e/v2', 'POST /v1%2f..%2fv2'])(
    'are not put on %s',
    async (line) => {
      await open();
      await ask(line, 'Authorization: Bearer mine\r\n');
      expect(upstream.requests[0]?.headers.authorization).toBe('Bearer mine');
    },
  );

  it('never go over the network in the clear', async () => {
    const plain = await plainUpstream();
    await open(undefined, { methods: [], pathPrefix: '' }, [plain.port]);
    const { client } = await connectThrough(test, `api.test:${String(plain.port)}`);
    client.send(`GET /v1 HTTP/1.1\r\nHost: api.test:${String(plain.port)}\r\nConnection: close\r\n\r\n`);
    expect(await client.all()).toMatch(/HTTP\/1.1 200 /);
    expect(plain.requests).toHaveLength(1);
    expect(plain.requests[0]?.headers).not.toHaveProperty('authorization');
    await plain.close();
  });

  it('can be a password of basic authentication', async () => {
    await open(undefined, { format: 'Basic {basic:x-token}' });
    await ask('POST /v1/messages');
    const expected = Buffer.from(`x-token:${SECRET}`).toString('base64');
    expect(upstream.requests[0]?.headers.authorization).toBe(`Basic ${expected}`);
  });

  it('do not follow a redirect', async () => {
    await open((_request, response) => {
      response.writeHead(307, { location: 'https://evil.test/' });
      response.end();
    });
    expect(await ask('POST /v1/messages')).toMatch(/^HTTP\/1.1 307 /);
    expect(upstream.requests).toHaveLength(1);
  });

  const echoes: Record<string, Handler> = {
    'a header': (_request, response, seen) => {
      response.writeHead(200, { 'x-echo': String(seen.headers.authorization) });
      response.end();
    },
    'a body': (_request, response, seen) => void response.end(`you sent ${String(seen.headers.authorization)}`),
    'a body in pieces': (_request, response) => {
      for (const letter of `you sent ${SECRET} and more`) (response as ServerResponse).write(letter);
      response.end();
    },
    base64: (_request, response) => void response.end(Buffer.from(`{"a":"${SECRET}"}`).toString('base64')),
    'a gzip body': (_request, response, seen) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync(String(seen.headers.authorization)));
    },
    'a brotli body': (_request, response, seen) => {
      response.writeHead(200, { 'content-encoding': 'br' });
      response.end(brotliCompressSync(String(seen.headers.authorization)));
    },
    'a trailer': (_request, response) => {
      response.writeHead(200, { trailer: 'x-echo' });
      (response as ServerResponse).write('ok');
      response.addTrailers({ 'x-echo': SECRET });
      response.end();
    },
  };

  it.each(Object.entries(echoes))('are cut out of %s that holds them', async (_, handler) => {
    await open(handler);
    const answer = await ask('POST /v1/messages');
    expect(answer).not.toContain(SECRET);
    expect(answer).not.toContain(Buffer.from(SECRET).toString('base64').slice(0, 16));
    expect(answer).not.toContain('and more');
    expect(await test.record({ reason: 'CREDENTIAL_ECHOED' })).toMatchObject({
      host: 'api.test',
      path: '/v1/messages',
    });
  });

  it('are looked for in answers to other requests of the host, too', async () => {
    await open((_request, response) => void response.end(`stored: ${SECRET}`));
    expect(await ask('GET /v2')).not.toContain(SECRET);
  });

  it("let no answer through that can't be looked into", async () => {
    await open((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'zstd' });
      response.end('?');
    });
    expect(await ask('POST /v1/messages')).toMatch(/^HTTP\/1.1 502 /);
  });

  it('are cut out of a WebSocket', async () => {
    await open(undefined, { methods: ['GET'] });
    const socket = await tlsThrough(test, `api.test:${String(upstream.port)}`, {
      servername: 'api.test',
      ca: test.egress.caBundle(''),
      ALPNProtocols: ['http/1.1'],
    });
    const client = new WebSocket(`wss://api.test:${String(upstream.port)}/v1/chat`, { createConnection: () => socket });
    const messages: string[] = [];
    client.on('message', (data: Buffer) => messages.push(data.toString()));
    client.on('error', () => undefined);
    await once(client, 'open');
    expect(upstream.requests[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
    // Compressed frames would hide it.
    expect(upstream.requests[0]?.headers).not.toHaveProperty('sec-websocket-extensions');
    client.send(SECRET);
    await once(client, 'close');
    expect(messages).toEqual([]);
    expect(await test.record({ reason: 'CREDENTIAL_ECHOED' })).toMatchObject({ path: '/v1/chat' });
  });
});
