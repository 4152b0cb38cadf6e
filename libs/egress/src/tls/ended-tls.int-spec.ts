import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import type { ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { execute } from '../spec-support/execute.js';
import { RawClient, tlsThrough } from '../spec-support/raw-client.js';
import { openTestEgress, type TestEgress, type TestGrant } from '../spec-support/test-egress.js';
import { tlsUpstream, type Handler, type Upstream } from '../spec-support/upstream.js';

describe('where TLS is ended', () => {
  let upstream: Upstream;
  let test: TestEgress;

  async function open(
    { handler, ...more }: { handler?: Handler; http2?: boolean } = {},
    grant: (port: number) => TestGrant = (port) => ({
      rules: [{ host: 'up.test', ports: [port], methods: ['GET', 'POST'] }],
    }),
  ): Promise<void> {
    upstream = await tlsUpstream('up.test', handler, more);
    test = await openTestEgress(grant(upstream.port), { upstreamCa: upstream.ca });
  }

  afterEach(async () => {
    await test.egress.close();
    await upstream.close();
  });

  const authority = (): string => `up.test:${String(upstream.port)}`;
  const trusted = (): string => test.egress.caBundle('');

  async function tls(protocols: string[]): Promise<TLSSocket> {
    return tlsThrough(test, authority(), { servername: 'up.test', ca: trusted(), ALPNProtocols: protocols });
  }

  async function http1(head: string, body = ''): Promise<string> {
    const client = new RawClient(await tls(['http/1.1']));
    return client.send(`${head}\r\nConnection: close\r\n\r\n${body}`).all();
  }

  async function http2<Result>(use: (session: ClientHttp2Session) => Promise<Result>): Promise<Result> {
    const socket = await tls(['h2', 'http/1.1']);
    expect(socket.alpnProtocol).toBe('h2');
    const session = connectHttp2(`https://${authority()}`, { createConnection: () => socket });
    session.on('error', () => undefined);
    try {
      return await use(session);
    } finally {
      session.destroy();
    }
  }

  async function ask(
    session: ClientHttp2Session,
    headers: Record<string, string>,
    body?: string,
  ): Promise<{ status: unknown; text: string; trailers: Record<string, unknown> }> {
    const stream = session.request(headers, { endStream: body === undefined });
    let text = '';
    let trailers = {};
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => (text += chunk));
    stream.on('trailers', (received: Record<string, unknown>) => (trailers = { ...received }));
    if (body !== undefined) stream.end(body);
    const [received] = (await once(stream, 'response')) as [Record<string, unknown>];
    if (!stream.readableEnded) await once(stream, 'end');
    return { status: received[':status'], text, trailers };
  }

  it('speaks HTTP/1.1, decides, and records', async () => {
    await open();
    expect(await http1(`POST /a?q HTTP/1.1\r\nHost: ${authority()}\r\nContent-Length: 5`, 'hello')).toMatch(
      /^HTTP\/1.1 200 [^]*ok$/,
    );
    expect(upstream.requests).toMatchObject([{ method: 'POST', url: '/a?q', version: '1.1', body: 'hello' }]);
    expect(await test.record({ verdict: 'ALLOWED' })).toMatchObject({ scheme: 'https', method: 'POST', path: '/a' });
    expect(await http1(`PUT /a HTTP/1.1\r\nHost: ${authority()}\r\nContent-Length: 5`, 'hello')).toContain(
      'METHOD_NOT_ALLOWED',
    );
    expect(upstream.requests).toHaveLength(1);
  });

  it('sends a request of HTTP/2 again that a model refused for a moment', async () => {
    const statuses = [503, 429];
    const credential = { name: 'key', hosts: ['up.test'], methods: [], pathPrefix: '' };
    const line = { name: 'team-key', maxWaitMs: 60_000 };
    await open(
      {
        handler: (_request, response, { body }) => {
          (response as ServerResponse).writeHead(statuses.shift() ?? 200);
          response.end(`answer to ${body}`);
        },
      },
      (port) => ({
        rules: [{ host: 'up.test', ports: [port] }],
        credentials: [{ ...credential, header: 'authorization', format: '{value}', value: 'sk-hunter2-hunter2', line }],
      }),
    );
    const post = { ':method': 'POST', ':path': '/v1/messages' };
    const answers = await http2(async (session) => [await ask(session, post, 'hello'), await ask(session, post)]);
    expect(answers).toMatchObject([
      { status: 200, text: 'answer to hello' },
      { status: 200, text: 'answer to ' },
    ]);
    expect(upstream.requests.map(({ version, body }) => `${version} ${body}`)).toEqual([
      '2.0 hello',
      '2.0 hello',
      '2.0 hello',
      '2.0 ',
    ]);
  });

  it('speaks HTTP/2 on both sides, with trailers both ways', async () => {
    await open({
      handler: (_request, response, { trailers }) => {
        response.addTrailers({ 'x-sum': String(trailers['x-asked']) });
        response.end('ok');
      },
    });
    const answer = await http2(async (session) => {
      const stream = session.request({ ':method': 'POST', ':path': '/rpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-asked': '42' }));
      let trailers = {};
      stream.on('trailers', (received: Record<string, unknown>) => (trailers = { ...received }));
      stream.end('hello');
      stream.resume();
      await once(stream, 'end');
      return trailers;
    });
    expect(answer).toMatchObject({ 'x-sum': '42' });
    expect(upstream.requests).toMatchObject([{ version: '2.0', body: 'hello', trailers: { 'x-asked': '42' } }]);
    expect(upstream.requests[0]?.headers[':authority']).toBe(authority());
  });

  it('speaks HTTP/2 with a client whose upstream does not', async () => {
    await open({ http2: false });
    const answers = await http2(async (session) => [
      await ask(session, { ':path': '/1' }),
      await ask(session, { ':method': 'POST', ':path': '/2' }, 'hello'),
    ]);
    expect(answers).toMatchObject([
      { status: 200, text: 'ok' },
      { status: 200, text: 'ok' },
    ]);
    expect(upstream.requests).toMatchObject([{ version: '1.1' }, { version: '1.1', body: 'hello' }]);
  });

  it('speaks HTTP/1.1 with a client whose upstream also knows HTTP/2', async () => {
    await open();
    await http1(`GET / HTTP/1.1\r\nHost: ${authority()}`);
    expect(upstream.requests).toMatchObject([{ version: '1.1' }]);
  });

  it('refuses another authority than the server name, on either protocol', async () => {
    await open();
    expect(await http1('GET / HTTP/1.1\r\nHost: evil.test')).toMatch(/^HTTP\/1.1 421 /);
    const answers = await http2(async (session) => [
      await ask(session, { ':authority': 'evil.test' }),
      await ask(session, { ':authority': authority(), host: 'evil.test' }),
      await ask(session, { ':authority': authority() }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([421, 421, 200]);
    expect(await test.record({ verdict: 'REFUSED' })).toMatchObject({ reason: 'AUTHORITY_MISMATCH' });
    expect(upstream.requests).toHaveLength(1);
  });

  it('carries WebSockets, and refuses them where the rules do', async () => {
    await open({}, (port) => ({ rules: [{ host: 'up.test', ports: [port], pathPrefix: '/ws' }] }));
    const dial = async (path: string): Promise<WebSocket> => {
      const socket = await tls(['http/1.1']);
      return new WebSocket(`wss://${authority()}${path}`, { createConnection: () => socket });
    };
    const client = await dial('/ws/chat');
    await once(client, 'open');
    client.send('hello');
    const [message] = (await once(client, 'message')) as [Buffer];
    expect(message.toString()).toBe('echo hello');
    client.close();
    await once(client, 'close');
    expect(await test.record({ verdict: 'ALLOWED' })).toMatchObject({ path: '/ws/chat', method: 'GET' });
    const refused = await dial('/other');
    const [, response] = (await once(refused, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(403);
    refused.on('error', () => undefined);
    refused.terminate();
  });

  it('passes events on as they come', async () => {
    let finish = (): void => undefined;
    await open({
      handler: (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        (response as ServerResponse).write('data: 1\n\n');
        finish = () => void response.end('data: 2\n\n');
      },
    });
    await http2(async (session) => {
      const stream = session.request({ ':path': '/events' });
      const [first] = (await once(stream, 'data')) as [Buffer];
      expect(first.toString()).toBe('data: 1\n\n');
      finish();
      const [second] = (await once(stream, 'data')) as [Buffer];
      expect(second.toString()).toBe('data: 2\n\n');
    });
  });

  it('trusts no upstream whose certificate is not that of the host', async () => {
    upstream = await tlsUpstream('other.test');
    const grant = { rules: [{ host: 'up.test', ports: [upstream.port], methods: ['GET'] }] };
    test = await openTestEgress(grant, { upstreamCa: upstream.ca });
    expect(await http1(`GET / HTTP/1.1\r\nHost: ${authority()}`)).toMatch(/^HTTP\/1.1 502 [^]*UPSTREAM_CERTIFICATE/);
    await test.egress.close();
    test = await openTestEgress(grant);
    expect(await http1(`GET / HTTP/1.1\r\nHost: ${authority()}`)).toMatch(/^HTTP\/1.1 502 [^]*UPSTREAM_CERTIFICATE/);
    expect(upstream.requests).toHaveLength(0);
  });

  it('says so when a client pins', async () => {
    await open();
    await expect(tlsThrough(test, authority(), { servername: 'up.test', ca: upstream.ca })).rejects.toThrow();
    expect(await test.record({ reason: 'CLIENT_PINS_TLS' })).toMatchObject({ verdict: 'FAILED', host: 'up.test' });
    // One that looks at the certificate within the handshake, and sends an alert.
    const curl = await execute('curl', ['-sS', `https://${authority()}/`], {
      env: { ...test.egress.environment, CURL_CA_BUNDLE: '/dev/null' },
    });
    expect(curl.stderr).toContain('certificate');
    expect(await test.record({ reason: 'CLIENT_PINS_TLS' })).toMatchObject({ verdict: 'FAILED', host: 'up.test' });
  });

  it('keeps its authority for the next egress of the sandbox', async () => {
    await open();
    const { authority: first } = test.egress;
    const again = await openTestEgress(
      { rules: [{ host: 'up.test', ports: [upstream.port], methods: ['GET', 'POST'] }] },
      { authority: first },
    );
    expect(again.egress.authority).toEqual(first);
    await again.egress.close();
    const wider = await openTestEgress({ rules: [{ host: 'more.test', methods: ['GET'] }] }, { authority: first });
    expect(wider.egress.authority?.certificate).not.toBe(first?.certificate);
    await wider.egress.close();
  });

  it('serves a client that asks for the continuation of an upload', async () => {
    await open();
    const socket = await tls(['http/1.1']);
    const request = httpsRequest({
      createConnection: () => socket,
      host: 'up.test',
      port: upstream.port,
      method: 'POST',
      headers: { expect: '100-continue' },
    });
    request.flushHeaders();
    await once(request, 'continue');
    request.end('body');
    const [response] = (await once(request, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(200);
    expect(upstream.requests).toMatchObject([{ body: 'body' }]);
    socket.destroy();
  });
});
