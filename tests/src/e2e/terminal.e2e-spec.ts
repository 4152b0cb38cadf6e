import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenTerminalRequest, type OpenTerminalResponse } from '@heddle/contracts';
import { HeddleApiError, HeddleClient, type Attempt, type HeddleEvent, type Terminal } from '@heddle/sdk';
import { REPOSITORY_ROOT } from '@heddle/local';
import { eventually } from '../support/bounds.js';
import { Cli } from '../support/doors/cli.js';
import { grpcRefusalOf } from '../support/doors/grpc-door.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask, gated } from '../support/work/agents.js';
import { EventRecorder } from '../support/work/event-reader.js';
import { openGate } from '../support/work/gates.js';
import { attemptEnded, attemptsOf, createBatch, registerRepository } from '../support/work/launch.js';
import { untilPrinted } from '../support/work/log-reader.js';

// Before the platform's own, which waits until nothing is kept.
afterAll(async () => {
  await events.stop();
  await endKeeping();
});

const platform = usePlatform({ HEDDLE_TERMINALS: '2' });

let client: HeddleClient;
let cli: Cli;
let events: EventRecorder;
let kept: Attempt;
let gone: Attempt;

beforeAll(async () => {
  const { url, adminToken } = platform.running.runJson;
  client = new HeddleClient({ url, token: adminToken });
  cli = new Cli({ HEDDLE_URL: url, HEDDLE_TOKEN: adminToken });
  events = await EventRecorder.open(platform.rest, { resumes: true });
  const origin = await SampleRepository.make(platform.scratch, { 'a.txt': 'a\n' });
  const repository = await registerRepository(platform.rest, origin.path);
  const { id: environmentId } = await client.environments.create({ name: 'kept', keepDuration: '3600s' });
  const task = bashTask('Make', 'echo made > made.txt; echo gone > ignored.log; exit 3');
  const [first, second] = await Promise.all([
    createBatch(platform.rest, repository, [task], { environmentId }),
    createBatch(platform.rest, repository, [task]),
  ]);
  [kept, gone] = (await Promise.all(
    [first, second].map((batch) => attemptEnded(platform.rest, attemptsOf(batch)[0]?.id ?? '')),
  )) as [Attempt, Attempt];
});

/** As if their time was over. */
async function endKeeping(): Promise<void> {
  const sandboxes = join(platform.dataDirectory, 'runner', 'sandboxes');
  for (const name of await readdir(sandboxes)) {
    const path = join(sandboxes, name, 'state');
    const journal = await readFile(path, 'utf8').catch(() => undefined);
    if (journal?.includes('"kept"') === true)
      await writeFile(path, journal.replace(/"until":\d+/, `"until":${String(Date.now() - 1)}`));
  }
}

const inScratch = { cwd: '/' };

function lineOf(terminal: AsyncGenerator<{ readonly data: Uint8Array }>): Promise<string> {
  return terminal.next().then(({ value }) => (value === undefined ? '' : Buffer.from(value.data).toString()));
}

async function closedEvent(cause: string, before: number): Promise<HeddleEvent> {
  return events.until(
    (event) =>
      event.type === 'heddle.v1.terminal.closed' &&
      event.data?.terminal?.closeReason === cause &&
      events.events.indexOf(event) >= before,
  );
}

async function open(command: readonly string[]): Promise<Terminal> {
  // The one before gives its place back in its own time, and a runner takes some to be back.
  return eventually('a terminal can be opened', () =>
    client.attempts.openTerminal(kept.id, { command }).catch((error: unknown) => {
      if (HeddleApiError.is(error) && ['TERMINAL_LIMIT', 'SERVICE_UNAVAILABLE'].includes(error.reason))
        return undefined;
      throw error;
    }),
  );
}

describe('the command line', () => {
  it('runs a command over what was left, and ends with its exit code', async () => {
    const script = 'cat made.txt ignored.log; echo told >&2; echo more > new.txt; exit 7';
    const result = await cli.run(['attempt', 'shell', kept.id, '--', 'bash', '-c', script], inScratch);
    expect(result).toEqual({ code: 7, stdout: 'made\ngone\n', stderr: 'told\n' });
  });

  it('has a shell read its standard input, and nothing of the last one is there', async () => {
    const input = 'ls\necho $SHELL\n(exit 5)\n';
    const result = await cli.run(['attempt', 'shell', kept.taskId], { ...inScratch, input });
    expect(result).toEqual({ code: 5, stdout: 'a.txt\nignored.log\nmade.txt\n/bin/bash\n', stderr: '' });
  });

  it('passes bytes on as they are, more than fits anywhere', async () => {
    const command = ['bash', '-c', 'head -c 3000000 /dev/zero | tr "\\0" x; printf "\\r\\n"'];
    const { code, stdout } = await cli.run(['attempt', 'shell', kept.id, '--', ...command], inScratch);
    expect(code).toBe(0);
    expect(stdout).toHaveLength(3_000_002);
    expect(stdout.endsWith('x\r\n')).toBe(true);
  });

  it('says what to do where nothing is kept', async () => {
    const { code, stderr } = await cli.run(['attempt', 'shell', gone.id], inScratch);
    expect(code).toBe(3);
    expect(stderr).toContain('(SANDBOX_NOT_KEPT)');
    expect(stderr).toContain('keepDuration');
  });

  it('takes the program along when it is killed', async () => {
    const before = events.events.length;
    const args = ['attempt', 'shell', kept.id, '--', 'bash', '-c', 'echo up; exec sleep 1000'];
    const child = spawn(process.execPath, [join(REPOSITORY_ROOT, 'clients/cli/bin/heddle.mjs'), ...args], {
      env: { HEDDLE_URL: client.url, HEDDLE_TOKEN: platform.running.runJson.adminToken },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    const { data } = await closedEvent('CLIENT_CLOSED', before);
    expect(data?.terminal).toMatchObject({ attemptId: kept.id, principal: 'admin', bytesSent: '3' });
  });
});

describe('the record', () => {
  it('has who opened it and how it ended, in two events of one terminal', async () => {
    const before = events.events.length;
    const terminal = await open(['cat']);
    await terminal.write(Buffer.from('typed'));
    await terminal.endInput();
    let said = '';
    for await (const { data } of terminal.output()) said += Buffer.from(data).toString();
    expect([said, terminal.exitCode]).toEqual(['typed', 0]);
    const closed = await closedEvent('EXITED', before);
    expect(closed.data?.terminal).toMatchObject({
      attemptId: kept.id,
      batchId: kept.batchId,
      taskId: kept.taskId,
      principal: 'admin',
      runnerId: kept.runnerId,
      exitCode: 0,
      bytesReceived: '5',
      bytesSent: '5',
      duration: expect.stringMatching(/^[\d.]+s$/),
      closeTime: expect.any(String),
    });
    const both = events.of(closed.subject);
    expect(both.map(({ type, revision }) => [type, revision])).toEqual([
      ['heddle.v1.terminal.opened', '1'],
      ['heddle.v1.terminal.closed', '2'],
    ]);
    expect(both[0]?.data?.terminal).not.toHaveProperty('closeTime');
  });
});

describe('the doors', () => {
  it('give a terminal over gRPC', async () => {
    const call = platform.grpc.attempts.openTerminal(platform.grpc.metadata());
    const start = { command: ['bash', '--norc'], columns: 80, rows: 24 };
    call.write(OpenTerminalRequest.fromPartial({ id: kept.id, start }));
    call.write(OpenTerminalRequest.fromPartial({ resize: { columns: 70, rows: 20 } }));
    call.write(OpenTerminalRequest.fromPartial({ input: Buffer.from('stty size; exit 9\n') }));
    const answers: OpenTerminalResponse[] = [];
    for await (const answer of call) answers.push(answer as OpenTerminalResponse);
    expect(answers[0]?.opened).toMatchObject({ attemptId: kept.id, principal: 'admin' });
    expect(answers.at(-1)).toMatchObject({ exitCode: 9 });
    expect(Buffer.concat(answers.map(({ output }) => output ?? Buffer.alloc(0))).toString()).toContain('20 70');
  });

  it('refuse over gRPC as over REST', async () => {
    const refusal = (id: string, token?: string): ReturnType<typeof grpcRefusalOf> => {
      const call = platform.grpc.attempts.openTerminal(platform.grpc.metadata(token));
      call.write(OpenTerminalRequest.fromPartial({ id, start: {} }));
      return grpcRefusalOf(once(call, 'data'));
    };
    expect(await refusal(gone.id)).toMatchObject({ reason: 'SANDBOX_NOT_KEPT' });
    expect(await refusal(kept.id, 'wrong')).toMatchObject({ reason: 'TOKEN_INVALID' });
    expect(await refusal('no-id')).toMatchObject({ reason: 'ATTEMPT_NOT_FOUND' });
    await expect(client.attempts.openTerminal(gone.id)).rejects.toMatchObject({
      reason: 'SANDBOX_NOT_KEPT',
      httpStatus: 400,
    });
  });

  it('upgrade nothing for whoever may not, or asks for nothing that there is', async () => {
    const { adminToken } = platform.running.runJson;
    const path = `/v1/attempts/${kept.id}/terminal`;
    const asked = async (headers: Record<string, string>, of = path, method = 'GET'): Promise<[number, string]> => {
      const outgoing = httpRequest(`${client.url}${of}`, { method, headers }).end();
      outgoing.once('upgrade', (_, socket) => socket.destroy());
      const [response] = (await Promise.race([once(outgoing, 'response'), once(outgoing, 'upgrade')])) as [
        IncomingMessage,
      ];
      const body = response.statusCode === 101 ? '' : await text(response);
      return [response.statusCode ?? 0, /"reason": ?"(\w+)"/.exec(body)?.[1] ?? ''];
    };
    const webSocket = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.alloc(16).toString('base64'),
    };
    const mine = { authorization: `Bearer ${adminToken}` };
    expect(await asked(webSocket)).toEqual([401, 'TOKEN_MISSING']);
    expect(await asked({ ...webSocket, authorization: 'Bearer wrong' })).toEqual([401, 'TOKEN_INVALID']);
    expect(await asked({ ...webSocket, ...mine, origin: 'https://evil.example' })).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
    expect(await asked({ ...webSocket, ...mine }, `${path}?start.columns=-1`)).toEqual([400, 'FIELD_INVALID']);
    expect(await asked({ ...webSocket, ...mine }, '/v1/nothing')).toEqual([404, 'ROUTE_NOT_FOUND']);
    expect(await asked({ ...webSocket, ...mine }, '/v1/batches')).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(await asked(mine)).toEqual([426, 'UPGRADE_REQUIRED']);
    expect(await asked({ ...webSocket, ...mine, origin: client.url })).toEqual([101, '']);
  });

  it('answer a client that offers another protocol in the one that it speaks', async () => {
    const offer = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' };
    const body = JSON.stringify({ name: 'offered' });
    const authorization = `Bearer ${platform.running.runJson.adminToken}`;
    const headers = { ...offer, authorization, 'content-type': 'application/json', 'content-length': body.length };
    const outgoing = httpRequest(`${client.url}/v1/environments`, { method: 'POST', headers });
    outgoing.end(body);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect([response.statusCode, await text(response)]).toEqual([200, expect.stringContaining('offered')]);
  });

  it('open none on an attempt that still runs, and say when they would', async () => {
    const running = gated({});
    const repository = (await client.repositories.listAll().next()).value;
    if (repository === undefined) throw new Error('there is no repository');
    const batch = await createBatch(platform.rest, repository, [bashTask('Run', running.script)]);
    const id = attemptsOf(batch)[0]?.id ?? '';
    await untilPrinted(platform.rest, id, 'start 1');
    await expect(client.attempts.openTerminal(id)).rejects.toMatchObject({
      reason: 'ATTEMPT_NOT_ENDED',
      metadata: { state: 'RUNNING', allowedStates: 'COMPLETED, FAILED, TIMED_OUT, CANCELLED' },
    });
    await openGate(running.gate);
    await attemptEnded(platform.rest, id);
  });
});

describe('the runner', () => {
  it('has as many at once as it may', async () => {
    const both = [await open(['cat']), await open(['cat'])];
    await expect(client.attempts.openTerminal(kept.id)).rejects.toMatchObject({
      reason: 'TERMINAL_LIMIT',
      httpStatus: 429,
    });
    for (const terminal of both) terminal.close();
  });

  it.each(['sandbox-runner', 'supervisor'] as const)(
    'closes it when the %s dies, and opens the next one',
    async (name) => {
      const before = events.events.length;
      const terminal = await open(['bash', '-c', 'echo up; exec sleep 1000']);
      const output = terminal.output();
      expect(await lineOf(output)).toBe('up\n');
      platform.kill(name);
      await expect(output.next()).rejects.toMatchObject({
        reason: 'TERMINAL_CLOSED',
        metadata: { cause: 'RUNNER_LOST' },
      });
      await closedEvent('RUNNER_LOST', before);
      await platform.restarted(name);
      const next = await open(['cat', 'made.txt']);
      expect(await lineOf(next.output())).toBe('made\n');
      next.close();
    },
  );

  it('closes it when the sandbox is not kept any longer', async () => {
    const terminal = await open(['bash', '-c', 'echo up; exec sleep 1000']);
    const output = terminal.output();
    expect(await lineOf(output)).toBe('up\n');
    await endKeeping();
    await expect(output.next()).rejects.toMatchObject({
      reason: 'TERMINAL_CLOSED',
      metadata: { cause: 'SANDBOX_REMOVED' },
    });
    await expect(open(['true'])).rejects.toMatchObject({ reason: 'SANDBOX_NOT_KEPT' });
  });
});
