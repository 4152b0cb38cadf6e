import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import {
  request as httpRequest,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { text } from 'node:stream/consumers';
import { openTestEgress, type TestEgress } from '../spec-support/test-egress.js';
import { plainUpstream, type Handler, type Upstream } from '../spec-support/upstream.js';
import { DEFAULT_LIMIT } from './adaptive-limit.js';
import { ModelGates } from './model-gates.js';

const SECRET = 'sk-live-0123456789abcdef';
const MAX_WAIT_MS = 60_000;

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the server does with the next requests, in order; then it answers what it was asked. */
let script: Handler[] = [];
/** Requests that it takes at once; it refuses the others. */
let takes = 0;
let taken = 0;
let mostTaken = 0;
let refused = 0;

const serve: Handler = (request, response, seen) => {
  const scripted = script.shift();
  if (scripted !== undefined) {
    scripted(request, response, seen);
    return;
  }
  if (taken >= takes) {
    refused += 1;
    response.writeHead(429);
    response.end('too many');
    return;
  }
  taken += 1;
  mostTaken = Math.max(mostTaken, taken);
  response.on('close', () => (taken -= 1));
  // The head comes at once, the rest later, as of a stream.
  response.writeHead(200);
  (response as ServerResponse).write('answer to ');
  setTimeout(() => response.end(seen.body), 20);
};

const refusal =
  (status: number, headers: Record<string, string>, body = 'refused'): Handler =>
  (_request, response) => {
    response.writeHead(status, headers);
    response.end(body);
  };

describe('requests to a model that takes a few at once', () => {
  let upstream: Upstream;
  let gates: ModelGates;
  const open: TestEgress[] = [];

  beforeAll(async () => {
    upstream = await plainUpstream(serve);
  });
  afterAll(() => upstream.close());
  beforeEach(() => {
    script = [];
    takes = 100;
    taken = mostTaken = refused = 0;
    gates = new ModelGates({ ...DEFAULT_LIMIT, firstPauseMs: 40, maxPauseMs: 200 });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map(({ egress }) => egress.close()));
  });

  async function sandbox(limits: Record<string, number> = {}, isGated = true): Promise<TestEgress> {
    const credential = { name: 'key', hosts: ['model.test'], methods: [], pathPrefix: '/v1', plain: true };
    const line = isGated ? { line: { name: 'team-key', maxWaitMs: MAX_WAIT_MS } } : {};
    const header = { header: 'authorization', format: '{value}', value: SECRET };
    const test = await openTestEgress(
      { rules: [{ host: 'model.test', ports: [upstream.port] }], credentials: [{ ...credential, ...header, ...line }] },
      { gates, limits },
    );
    open.push(test);
    return test;
  }

  function begin({ proxyHost, proxyPort }: TestEgress, method = 'POST', path = '/v1/messages'): ClientRequest {
    const authority = `model.test:${String(upstream.port)}`;
    const url = `http://${authority}${path}`;
    const outgoing = httpRequest({
      host: proxyHost,
      port: proxyPort,
      method,
      path: url,
      headers: { host: authority },
      agent: false,
    });
    outgoing.on('error', () => undefined);
    return outgoing;
  }

  async function ask(test: TestEgress, body = 'hello', path?: string): Promise<Answer> {
    const outgoing = begin(test, 'POST', path);
    outgoing.end(body);
    const [message] = (await once(outgoing, 'response')) as [IncomingMessage];
    return { status: message.statusCode ?? 0, headers: message.headers, body: await text(message) };
  }

  /** `count` sandboxes, each of which asks `times` times, one after the other. */
  async function storm(count: number, times: number, isGated = true): Promise<Answer[]> {
    const asking = Array.from({ length: count }, async (_, index) => {
      const test = await sandbox({}, isGated);
      const answers: Answer[] = [];
      for (let turn = 0; turn < times; turn += 1) answers.push(await ask(test, `${String(index)}/${String(turn)}`));
      return answers;
    });
    return (await Promise.all(asking)).flat();
  }

  it('of many sandboxes are all answered, and few refused', async () => {
    takes = 2;
    const answers = await storm(10, 3);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(new Set(answers.map(({ body }) => body)).size).toBe(30);
    expect(mostTaken).toBe(2);
    expect(refused).toBeLessThan(10);
  });

  it('are refused to many of them where no line is named', async () => {
    takes = 2;
    await storm(10, 3, false);
    expect(refused).toBeGreaterThan(10);
  });

  it('are sent again after the time that the server named, and each try is on record', async () => {
    const test = await sandbox();
    script = [refusal(429, { 'retry-after': '1' }), refusal(529, {}), refusal(503, {})];
    expect(await ask(test)).toMatchObject({ status: 200, body: 'answer to hello' });
    const { pausedMs } = await test.record({ status: 429, retryAfterMs: 1_000 });
    expect(pausedMs).toBeGreaterThanOrEqual(1_000);
    expect((await test.record({ status: 529 })).waitedMs).toBeGreaterThanOrEqual(900);
    await test.record({ status: 503 });
    expect(await test.record({ status: 200 })).toMatchObject({ verdict: 'ALLOWED', bytesSent: 5 });
  });

  it.each([
    ['an account without credit', refusal(429, {}, '{"error":{"code":"insufficient_quota"}}')],
    ['a server that says that it is of no use', refusal(429, { 'x-should-retry': 'false' })],
    ['a server that wants more time than there is', refusal(429, { 'retry-after': '3600' })],
  ])('hear at once of %s', async (_what, refuse) => {
    const test = await sandbox();
    script = [refuse];
    expect(await ask(test)).toMatchObject({ status: 429 });
    expect(script).toEqual([]);
  });

  it('hear when to come again where the wait would be too long', async () => {
    const test = await sandbox();
    script = [refusal(429, { 'retry-after': '3600' })];
    await ask(test);
    const { status, headers } = await ask(await sandbox());
    expect(status).toBe(429);
    expect(headers['x-heddle-egress']).toBe('MODEL_BUSY');
    expect(Number(headers['retry-after'])).toBeGreaterThan(3_500);
  });

  it('hear of a server that refuses everything', async () => {
    const test = await sandbox();
    script = Array.from({ length: 7 }, () => refusal(429, {}));
    expect(await ask(test)).toMatchObject({ status: 429, body: 'refused' });
    expect(script).toEqual([]);
    expect(await ask(test)).toMatchObject({ status: 200 });
  });

  it('hear of the refusal where they are too large to be kept, and are sent as they come', async () => {
    const test = await sandbox({ maxKeptBytes: 1_000 });
    const large = 'x'.repeat(300_000);
    expect((await ask(test, large)).body).toBe(`answer to ${large}`);
    script = [refusal(429, {})];
    expect(await ask(test, large)).toMatchObject({ status: 429, body: 'refused' });
    // What was kept is given back.
    script = [refusal(429, {})];
    expect(await ask(test, 'x'.repeat(900))).toMatchObject({ status: 200 });
  });

  it('have no turn before they are there as a whole', async () => {
    gates = new ModelGates({ ...DEFAULT_LIMIT, initial: 1, max: 1 });
    const [slow, quick] = [await sandbox(), await sandbox()];
    const outgoing = begin(slow);
    outgoing.setHeader('content-length', '10').write('half ');
    expect(await ask(quick)).toMatchObject({ status: 200 });
    outgoing.end('whole');
    const [message] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(await text(message)).toBe('answer to half whole');
  });

  it('lose their turn when their client does not take its answer', async () => {
    gates = new ModelGates({ ...DEFAULT_LIMIT, initial: 1, max: 1 });
    const [greedy, other] = [await sandbox({ turnIdleMs: 50 }), await sandbox()];
    const endless: Handler = (_request, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && (response as ServerResponse).write(Buffer.alloc(64 * 1024)));
      };
      response.on('drain', more);
      more();
    };
    script = [endless];
    const idle = begin(greedy);
    idle.end();
    const [message] = (await once(idle, 'response')) as [IncomingMessage];
    message.pause().on('error', () => undefined);
    expect(await ask(other)).toMatchObject({ status: 200 });
    expect(await greedy.record({ reason: 'IDLE' })).toMatchObject({ verdict: 'FAILED' });
  });

  it('keep their turn while the server thinks', async () => {
    const test = await sandbox({ turnIdleMs: 20 });
    script = [(_request, response) => void setTimeout(() => response.end('at last'), 200)];
    const outgoing = begin(test, 'GET');
    outgoing.end();
    const [message] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(await text(message)).toBe('at last');
    script = [(_request, response) => void setTimeout(() => response.end('at last'), 200)];
    expect(await ask(test)).toMatchObject({ body: 'at last' });
  });

  it('lose their turn when their client goes away', async () => {
    gates = new ModelGates({ ...DEFAULT_LIMIT, initial: 1, max: 1 });
    const [gone, other] = [await sandbox(), await sandbox()];
    const beginning: Handler = (_request, response) => {
      response.writeHead(200);
      (response as ServerResponse).write('…');
    };
    script = [beginning];
    const outgoing = begin(gone);
    outgoing.end();
    await once(outgoing, 'response');
    const waiting = ask(other);
    outgoing.destroy();
    expect(await waiting).toMatchObject({ status: 200 });
    await gone.record({ reason: 'CLIENT_ABORTED' });
  });

  it('are not made in a WebSocket, where they would not be seen', async () => {
    const { proxyHost, proxyPort } = await sandbox();
    const outgoing = httpRequest({
      host: proxyHost,
      port: proxyPort,
      path: `http://model.test:${String(upstream.port)}/v1/responses`,
      headers: { host: `model.test:${String(upstream.port)}`, connection: 'upgrade', upgrade: 'websocket' },
    });
    outgoing.end();
    const [message] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(message.statusCode).toBe(426);
    message.resume();
  });
});
