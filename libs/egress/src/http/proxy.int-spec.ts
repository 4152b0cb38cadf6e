import { afterEach, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { toProxy, connectThrough } from '../spec-support/raw-client.js';
import { openTestEgress, type TestEgress, type TestGrant } from '../spec-support/test-egress.js';
import { plainUpstream, type Handler, type Upstream } from '../spec-support/upstream.js';

describe('the proxy', () => {
  let upstream: Upstream;
  let test: TestEgress;

  async function open(grant: (port: number) => TestGrant, handler?: Handler): Promise<void> {
    upstream = await plainUpstream(handler);
    test = await openTestEgress(grant(upstream.port));
  }

  const everything = (port: number): TestGrant => ({ rules: [{ host: 'up.test', ports: [port] }] });

  afterEach(async () => {
    await test.egress.close();
    await upstream.close();
  });

  async function ask(head: string, body = ''): Promise<string> {
    const client = await toProxy(test);
    return client.send(`${head}\r\nConnection: close\r\n\r\n${body}`).all();
  }

  it('passes a request on and records it', async () => {
    await open(everything);
    const authority = `up.test:${String(upstream.port)}`;
    const answer = await ask(
      `POST http://UP.test.:${String(upstream.port)}/a?secret=1 HTTP/1.1\r\nHost: ${authority}\r\n` +
        'Content-Length: 5\r\nProxy-Authorization: Basic eA==\r\nX-Hop: 1\r\nConnection: x-hop',
      'hello',
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\nok$/);
    expect(upstream.requests).toHaveLength(1);
    expect(upstream.requests[0]).toMatchObject({ method: 'POST', url: '/a?secret=1', body: 'hello' });
    const { headers } = upstream.requests[0]!;
    expect(headers.host).toBe(authority);
    expect(headers).not.toHaveProperty('proxy-authorization');
    expect(headers).not.toHaveProperty('x-hop');
    expect(await test.record({ verdict: 'ALLOWED' })).toMatchObject({
      host: 'up.test',
      port: upstream.port,
      scheme: 'http',
      method: 'POST',
      path: '/a',
      bytesSent: 5,
      bytesReceived: 2,
    });
    expect(test.egress.answeredBytes).toBe(2);
  });

  it('counts no answer that is a refusal among those that something is on its way with', async () => {
    await open(everything, (_request, response) => response.writeHead(429).end('slow down'));
    const authority = `up.test:${String(upstream.port)}`;
    await ask(`GET http://${authority}/ HTTP/1.1\r\nHost: ${authority}`);
    expect(await test.record({ verdict: 'ALLOWED' })).toMatchObject({ status: 429, bytesReceived: 9 });
    expect(test.egress.answeredBytes).toBe(0);
  });

  it('refuses with a line that says what would allow it', async () => {
    await open(everything);
    const answer = await ask('GET http://other.test/x HTTP/1.1\r\nHost: other.test');
    expect(answer).toMatch(/^HTTP\/1.1 403 /);
    expect(answer).toContain('HOST_NOT_ALLOWED');
    expect(answer).toContain('host other.test, port 80');
    expect(await test.record({ verdict: 'REFUSED' })).toMatchObject({
      reason: 'HOST_NOT_ALLOWED',
      suggestion: { host: 'other.test', ports: [80], methods: [], pathPrefix: '' },
    });
    expect(upstream.requests).toHaveLength(0);
  });

  it('decides by method and path where it sees them', async () => {
    await open((port) => ({ rules: [{ host: 'up.test', ports: [port], methods: ['GET'], pathPrefix: '/open' }] }));
    const at = `http://up.test:${String(upstream.port)}`;
    const host = `Host: up.test:${String(upstream.port)}`;
    expect(await ask(`GET ${at}/open/x HTTP/1.1\r\n${host}`)).toMatch(/^HTTP\/1.1 200 /);
    expect(await ask(`DELETE ${at}/open/x HTTP/1.1\r\n${host}`)).toContain('METHOD_NOT_ALLOWED');
    expect(await ask(`GET ${at}/open/%2e%2e/x HTTP/1.1\r\n${host}`)).toContain('PATH_NOT_ALLOWED');
    expect(upstream.requests).toHaveLength(1);
  });

  it('sees plain requests in a tunnel as well', async () => {
    await open((port) => ({ rules: [{ host: 'up.test', ports: [port], methods: ['GET'] }] }));
    const { client } = await connectThrough(test, `up.test:${String(upstream.port)}`);
    client.send(`PUT /x HTTP/1.1\r\nHost: up.test:${String(upstream.port)}\r\nContent-Length: 0\r\n\r\n`);
    expect(await client.all()).toContain('METHOD_NOT_ALLOWED');
  });

  it("answers a CONNECT that can't work before the tunnel is open", async () => {
    await open((port) => ({ rules: [{ host: 'up.test', ports: [port, 1] }] }));
    expect((await connectThrough(test, 'up.test:1')).answer).toMatch(/^HTTP\/1.1 502 [^]*UPSTREAM_UNREACHABLE/);
    expect((await connectThrough(test, 'up.test:2')).answer).toMatch(/^HTTP\/1.1 403 [^]*PORT_NOT_ALLOWED/);
    expect(await test.record({ verdict: 'FAILED' })).toMatchObject({ port: 1, reason: 'UPSTREAM_UNREACHABLE' });
  });

  it('passes only TLS and HTTP through a tunnel', async () => {
    await open(everything);
    const { client } = await connectThrough(test, `up.test:${String(upstream.port)}`);
    client.send('\x00\x01SSH-2.0-nobody\r\n');
    await client.all();
    expect(await test.record({ verdict: 'REFUSED' })).toMatchObject({ reason: 'UNKNOWN_PROTOCOL' });
    expect(upstream.requests).toHaveLength(0);
  });

  it('passes events on as they come, and trailers', async () => {
    let finish = (): void => undefined;
    await open(everything, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', trailer: 'x-sum' });
      (response as ServerResponse).write('data: 1\n\n');
      finish = () => {
        response.addTrailers({ 'x-sum': '42' });
        response.end('data: 2\n\n');
      };
    });
    const client = await toProxy(test);
    const authority = `up.test:${String(upstream.port)}`;
    client.send(`GET http://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    expect(await client.until(/data: 1/)).not.toContain('data: 2');
    finish();
    expect(await client.until(/x-sum: 42/)).toContain('data: 2');
  });

  it('gives redirects back and does not follow them', async () => {
    await open(everything, (_request, response) => {
      response.writeHead(302, { location: 'http://169.254.169.254/latest' });
      response.end();
    });
    const authority = `up.test:${String(upstream.port)}`;
    const answer = await ask(`GET http://${authority}/ HTTP/1.1\r\nHost: ${authority}`);
    expect(answer).toMatch(/^HTTP\/1.1 302 [^]*location: http:\/\/169.254.169.254\/latest/i);
    expect(upstream.requests).toHaveLength(1);
  });

  it('declines to go on in another protocol than WebSocket, where the next request would not be seen', async () => {
    await open(everything);
    const authority = `up.test:${String(upstream.port)}`;
    const answer = await ask(
      `GET http://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n` +
        'Connection: Upgrade, HTTP2-Settings',
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 [^]*ok$/);
    expect(upstream.requests[0]?.headers).not.toHaveProperty('upgrade');
  });

  it('stops at the bytes that the sandbox may transfer', async () => {
    upstream = await plainUpstream((_request, response) => void response.end('x'.repeat(200_000)));
    test = await openTestEgress(everything(upstream.port), { limits: { maxBytes: 100_000 } });
    const authority = `up.test:${String(upstream.port)}`;
    const cut = await ask(`GET http://${authority}/ HTTP/1.1\r\nHost: ${authority}`);
    expect(cut.length).toBeLessThan(120_000);
    expect(await test.record({ reason: 'BYTE_LIMIT' })).toMatchObject({ verdict: 'REFUSED' });
    expect(await ask(`GET http://${authority}/ HTTP/1.1\r\nHost: ${authority}`)).toContain('BYTE_LIMIT');
    expect((await connectThrough(test, authority)).answer).toContain('BYTE_LIMIT');
  });

  it('names an upstream that says nothing', async () => {
    upstream = await plainUpstream(() => undefined);
    test = await openTestEgress(everything(upstream.port), { limits: { idleMs: 50 } });
    const authority = `up.test:${String(upstream.port)}`;
    expect(await ask(`GET http://${authority}/ HTTP/1.1\r\nHost: ${authority}`)).toMatch(/^HTTP\/1.1 504 [^]*IDLE/);
  });

  it('records what was going on when it is closed', async () => {
    let arrived = (): void => undefined;
    const request = new Promise<void>((resolve) => (arrived = resolve));
    await open(everything, () => arrived());
    const authority = `up.test:${String(upstream.port)}`;
    const client = await toProxy(test);
    client.send(`GET http://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    await request;
    await test.egress.close();
    expect(test.records).toMatchObject([{ verdict: 'FAILED', reason: 'CLIENT_ABORTED', path: '/' }]);
  });
});
