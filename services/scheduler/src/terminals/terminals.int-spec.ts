import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  CreateBatchRequest,
  CreateRepositoryRequest,
  type OpenTerminalRequest,
  type OpenTerminalResponse,
} from '@heddle/contracts';
import type { AttachTerminalRequest } from '@heddle/contracts/internal';
import { requestContext } from '@heddle/platform/context';
import { createLogger } from '@heddle/platform/logging';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';
import { TerminalMeeting } from './terminal-meeting.js';
import { TerminalRecords } from './terminal-records.service.js';
import { TerminalService } from './terminal.service.js';

await describeWith(['postgres'], 'terminals', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let meeting: TerminalMeeting;
  let records: TerminalRecords;
  let service: TerminalService;
  let id: string;
  const over = new AbortController();

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    meeting = new TerminalMeeting();
    records = new TerminalRecords(fixture.dataSource, createLogger('test', 'silent'));
    service = new TerminalService(fixture.attempts, meeting, records);
    const { id: repositoryId } = await fixture.repositories.create(
      CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' }),
    );
    const tasks = [{ prompt: 'Fix it', agent: { kind: 'COMMAND', command: ['true'] } }];
    const batch = await fixture.batches.create(CreateBatchRequest.fromPartial({ repositoryId, tasks }));
    id = batch.tasks[0]?.attempts[0]?.id ?? '';
  });
  afterAll(async () => {
    over.abort();
    await fixture.close();
  });

  async function* typed(...requests: Partial<OpenTerminalRequest>[]): AsyncGenerator<OpenTerminalRequest> {
    for (const request of requests) yield { id: '', ...request };
    await new Promise((resolve) => over.signal.addEventListener('abort', resolve));
  }

  function open(requests: AsyncGenerator<OpenTerminalRequest>, gone = new AbortController().signal) {
    const context = { requestId: '', principal: 'ann', role: 'DEVELOPER', traceparent: '' };
    return requestContext.run(context, async () => {
      const answers: OpenTerminalResponse[] = [];
      for await (const answer of service.open(requests, gone)) answers.push(answer);
      return answers;
    });
  }

  /** A runner that says `messages` of the next terminal, and keeps what it is told. */
  async function runner(told: unknown[], ...messages: readonly AttachTerminalRequest[]): Promise<void> {
    const watch = new AbortController();
    for await (const terminalId of meeting.watch('r1', watch.signal)) {
      const said = async function* (): AsyncGenerator<AttachTerminalRequest> {
        yield { terminalId };
        yield* messages;
      };
      for await (const order of meeting.attach(said())) told.push(order);
      watch.abort();
    }
  }

  async function events(): Promise<{ type: string; version: string; data: Record<string, unknown> }[]> {
    const rows: { type: string; version: string; payload: string }[] = await fixture.dataSource.query(
      `SELECT type, version, payload FROM outbox WHERE aggregate = 'terminal' ORDER BY aggregate_id DESC, version LIMIT 2`,
    );
    return rows.map(({ type, version, payload }) => ({
      type,
      version,
      data: (JSON.parse(payload) as { data: { terminal: Record<string, unknown> } }).data.terminal,
    }));
  }

  const start = { command: ['ls'], columns: 80, rows: 24 };

  it('open on attempts that have ended, and on what is kept of them', async () => {
    await expect(open(typed({ id, start }))).rejects.toMatchObject({
      reason: 'ATTEMPT_NOT_ENDED',
      metadata: { state: 'QUEUED', allowedStates: 'COMPLETED, FAILED, TIMED_OUT, CANCELLED' },
    });
    const step = { attemptId: id, runnerId: 'r1', statusDetail: '' } as const;
    await fixture.activities.recordStep({ ...step, transition: 1, state: 'PROVISIONING' });
    await fixture.activities.recordStep({ ...step, transition: 2, state: 'CANCELLED' });
    await expect(open(typed({ id, start }))).rejects.toMatchObject({ reason: 'SANDBOX_NOT_KEPT' });
    const keep = (ms: number): Promise<unknown> =>
      fixture.dataSource.query('UPDATE attempts SET keep_until_time = $2 WHERE id = $1', [
        id,
        new Date(Date.now() + ms),
      ]);
    await keep(-1);
    await expect(open(typed({ id, start }))).rejects.toMatchObject({
      reason: 'SANDBOX_NOT_KEPT',
      metadata: { keepUntilTime: expect.any(String) },
    });
    await keep(3_600_000);
    expect(await fixture.dataSource.query('SELECT * FROM terminals')).toEqual([]);
  });

  it.each([
    [{ id: 'x', input: Buffer.from('y') }, 'FIELD_INVALID'],
    [{ start: { ...start, columns: 1_001 } }, 'FIELD_INVALID'],
    [{ start: { ...start, rows: 0 } }, 'FIELD_INVALID'],
    [{ start: { ...start, command: ['x'.repeat(70_000)] } }, 'FIELD_INVALID'],
    [{ id: 'x', start }, 'ATTEMPT_NOT_FOUND'],
  ])('refuse %j', async (request, reason) => {
    await expect(open(typed(request))).rejects.toMatchObject({ reason });
  });

  it('pass on what both ends say, and are on record with both', async () => {
    const told: unknown[] = [];
    const end = { reason: 'EXITED', exitCode: 4 };
    const said = runner(
      told,
      { opened: true },
      { output: Buffer.from('out') },
      { errorOutput: Buffer.from('e') },
      { end },
    );
    const answers = await open(
      typed({ id, start }, { input: Buffer.from('in') }, { resize: { columns: 0, rows: 9_999 } }),
    );
    await said;
    expect(answers).toEqual([
      { opened: expect.objectContaining({ attemptId: id, principal: 'ann', runnerId: 'r1' }) },
      { output: Buffer.from('out') },
      { errorOutput: Buffer.from('e') },
      { exitCode: 4 },
    ]);
    expect(told[0]).toEqual({ open: { attemptId: id, fence: expect.any(String), start } });
    const [opened, closed] = await events();
    expect(opened).toMatchObject({ type: 'terminal.opened', version: '1', data: { principal: 'ann', attemptId: id } });
    expect(closed).toMatchObject({
      type: 'terminal.closed',
      version: '2',
      data: { closeReason: 'EXITED', exitCode: 4, bytesSent: '4', closeTime: expect.any(String) },
    });
  });

  it.each([
    [{ end: { reason: 'IDLE_LIMIT' } }, 'TERMINAL_CLOSED', 'IDLE_LIMIT'],
    [{ refusal: { reason: 'TERMINAL_LIMIT', message: 'too many' } }, 'TERMINAL_LIMIT', 'REFUSED'],
    [{ refusal: { reason: 'NOT_AVAILABLE', message: 'not here' } }, 'NOT_AVAILABLE', 'REFUSED'],
    [{ refusal: { reason: 'TERMINAL_FAILED', message: 'broke' } }, 'INTERNAL', 'REFUSED'],
    [{ output: Buffer.alloc(0) }, 'SERVICE_UNAVAILABLE', 'RUNNER_LOST'],
  ])('say why they ended before their program: %j', async (message, reason, closeReason) => {
    const said = runner([], message);
    await expect(open(typed({ id, start }))).rejects.toMatchObject({ reason });
    await said;
    expect((await events())[1]).toMatchObject({ data: { closeReason } });
  });

  it('end with the person, whatever the runner does', async () => {
    const gone = new AbortController();
    const orders: unknown[] = [];
    const watching = (async () => {
      const watch = new AbortController();
      for await (const terminalId of meeting.watch('r1', watch.signal)) {
        const silent = async function* (): AsyncGenerator<AttachTerminalRequest> {
          yield { terminalId };
          await new Promise((resolve) => over.signal.addEventListener('abort', resolve));
        };
        for await (const order of meeting.attach(silent())) {
          orders.push(order);
          gone.abort(new Error('gone'));
        }
        watch.abort();
      }
    })();
    expect(await open(typed({ id, start }), gone.signal)).toEqual([]);
    await watching;
    expect(orders).toHaveLength(1);
    expect((await events())[1]).toMatchObject({ data: { closeReason: 'CLIENT_CLOSED' } });
  });

  it('wait for a runner only so long, and are nobody else’s', async () => {
    const other = new AbortController();
    const watched = (async () => {
      for await (const terminalId of meeting.watch('r2', other.signal)) throw new Error(`not mine: ${terminalId}`);
    })();
    await expect(meeting.call('r1', 't1', new AbortController().signal, 50)).rejects.toMatchObject({
      reason: 'SERVICE_UNAVAILABLE',
    });
    const late = async function* (): AsyncGenerator<AttachTerminalRequest> {
      yield { terminalId: 't1' };
    };
    await expect(meeting.attach(late()).next()).rejects.toMatchObject({ reason: 'TERMINAL_CLOSED' });
    other.abort();
    await watched;
  });

  it('that a scheduler took to its death are closed by the next one, and those of a living one are not', async () => {
    const attempt = await fixture.attempts.row(id);
    const mine = await records.opened(attempt, 'r1', 'ann');
    const lost = await new TerminalRecords(fixture.dataSource, createLogger('test', 'silent')).opened(
      attempt,
      'r1',
      'bob',
    );
    await fixture.dataSource.query(
      `UPDATE terminals SET seen_time = now() - interval '3 minutes' WHERE close_time IS NULL`,
    );
    await records.look();
    const rows: { id: string; close_reason: string }[] = await fixture.dataSource.query(
      'SELECT id, close_reason FROM terminals WHERE id = ANY($1) ORDER BY open_time',
      [[mine.id, lost.id]],
    );
    expect(rows).toEqual([
      { id: mine.id, close_reason: '' },
      { id: lost.id, close_reason: 'PLATFORM_STOPPED' },
    ]);
    expect((await events())[1]).toMatchObject({ type: 'terminal.closed', data: { principal: 'bob' } });
  });
});
