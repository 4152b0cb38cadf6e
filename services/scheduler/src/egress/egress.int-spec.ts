import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  CreateBatchRequest,
  CreateRepositoryRequest,
  EgressRequest,
  EgressRequest_Verdict,
  ListEgressRequestsRequest,
} from '@heddle/contracts';
import { SandboxOwner_Kind, type SandboxOwner } from '@heddle/contracts/internal';
import { newId } from '@heddle/platform/ids';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';
import { EgressRecorder, MAX_RECORDS } from './egress-recorder.service.js';
import { EgressService } from './egress.service.js';

await describeWith(['postgres'], 'what a sandbox asked of the network', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let recorder: EgressRecorder;
  let egress: EgressService;
  let owner: SandboxOwner;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    recorder = new EgressRecorder(fixture.dataSource);
    egress = new EgressService(fixture.dataSource, fixture.attempts);
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    const repository = CreateRepositoryRequest.fromPartial({ name: newId(), url: '/srv/shop.git' });
    const { id: repositoryId } = await fixture.repositories.create(repository);
    const tasks = [{ prompt: 'Fix it', agent: { kind: 'COMMAND', command: ['true'] } }];
    const batch = await fixture.batches.create(CreateBatchRequest.fromPartial({ repositoryId, tasks }));
    const id = batch.tasks[0]?.attempts[0]?.id ?? '';
    owner = { kind: SandboxOwner_Kind.ATTEMPT, id, fence: String((await fixture.activities.raiseFence(id)).fence) };
  });

  const request = (sequence: number, verdict: keyof typeof EgressRequest_Verdict, host: string): EgressRequest =>
    EgressRequest.fromPartial({
      sequence: String(sequence),
      time: new Date('2026-01-02T03:04:05Z'),
      phase: 'AGENT',
      host,
      port: 443,
      verdict: EgressRequest_Verdict[verdict],
      duration: { seconds: '1', nanos: 500_000_000 },
    });
  const list = (more: Partial<ListEgressRequestsRequest> = {}) =>
    egress.list({ ...ListEgressRequestsRequest.create(), id: owner.id, ...more });
  const hosts = async () => (await list()).requests.map(({ sequence, host }) => [sequence, host]);
  const events = async (): Promise<[string, string, string][]> => {
    const rows: { version: string; type: string; payload: string }[] = await fixture.dataSource.query(
      `SELECT version, type, payload FROM outbox WHERE aggregate = 'egress' AND aggregate_id = $1 ORDER BY version`,
      [owner.id],
    );
    return rows.map(({ version, type, payload }) => [
      version,
      type,
      (JSON.parse(payload) as { data: { egress: { request: { host: string } } } }).data.egress.request.host,
    ]);
  };

  it('is listed as it was, oldest first, by pages and by verdict', async () => {
    const suggestion = { preset: '', host: 'b.example', ports: [443], methods: ['GET'], pathPrefix: '/v1' };
    const refused = {
      ...request(2, 'REFUSED', 'b.example'),
      method: 'GET',
      path: '/v1/x',
      reason: 'METHOD_NOT_ALLOWED',
      suggestion,
      bytesSent: '12',
      bytesReceived: '9007199254740993',
      waitDuration: { seconds: '2', nanos: 500_000_000 },
      status: 429,
    };
    const all = [request(1, 'ALLOWED', 'a.example'), refused, request(3, 'FAILED', 'a.example')];
    await recorder.record({ owner, requests: all });
    expect(await list()).toEqual({ requests: all, nextPageToken: '', truncated: false });
    const first = await list({ pageSize: 2 });
    expect(first.requests).toEqual(all.slice(0, 2));
    expect((await list({ pageSize: 2, pageToken: first.nextPageToken })).requests).toEqual(all.slice(2));
    expect((await list({ verdicts: [EgressRequest_Verdict.REFUSED] })).requests).toEqual([refused]);
    await expect(
      list({ pageToken: first.nextPageToken, verdicts: [EgressRequest_Verdict.REFUSED] }),
    ).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
    await expect(list({ id: newId() })).rejects.toMatchObject({ reason: 'ATTEMPT_NOT_FOUND' });
  });

  it('is stored once, however often and in how many pieces it is told', async () => {
    const all = [1, 2, 3, 4].map((sequence) => request(sequence, 'REFUSED', `${String(sequence)}.example`));
    await recorder.record({ owner, requests: all.slice(0, 3) });
    await Promise.all([1, 2, 3].map(() => recorder.record({ owner, requests: all.slice(1) })));
    expect(await hosts()).toEqual([1, 2, 3, 4].map((sequence) => [String(sequence), `${String(sequence)}.example`]));
    expect(await events()).toHaveLength(4);
  });

  it('is numbered on where a second sandbox of the attempt counts from 1 again', async () => {
    await recorder.record({ owner, requests: [request(1, 'ALLOWED', 'a.example')] });
    const second = { ...owner, fence: String((await fixture.activities.raiseFence(owner.id)).fence) };
    await recorder.record({ owner: second, requests: [request(1, 'ALLOWED', 'b.example')] });
    // What the first sandbox could not tell before it was superseded has happened all the same.
    await recorder.record({ owner, requests: [request(2, 'ALLOWED', 'c.example')] });
    expect(await hosts()).toEqual([
      ['1', 'a.example'],
      ['2', 'b.example'],
      ['3', 'c.example'],
    ]);
    const future = { ...owner, fence: '99' };
    await expect(recorder.record({ owner: future, requests: [request(1, 'ALLOWED', 'x')] })).rejects.toMatchObject({
      reason: 'FENCE_SUPERSEDED',
    });
  });

  it('is told of by one event for each host that was refused', async () => {
    await recorder.record({
      owner,
      requests: [
        request(1, 'REFUSED', 'b.example'),
        request(2, 'REFUSED', 'b.example'),
        request(3, 'ALLOWED', 'c.example'),
        request(4, 'REFUSED', 'a.example'),
      ],
    });
    await recorder.record({
      owner,
      requests: [request(5, 'REFUSED', 'a.example'), request(6, 'REFUSED', 'd.example')],
    });
    expect(await events()).toEqual([
      ['1', 'egress.refused', 'b.example'],
      ['2', 'egress.refused', 'a.example'],
      ['3', 'egress.refused', 'd.example'],
    ]);
  });

  it('floods nobody with events', async () => {
    const flood = Array.from({ length: 150 }, (_, index) => request(index + 1, 'REFUSED', `h${String(index)}.example`));
    await recorder.record({ owner, requests: flood });
    await recorder.record({ owner, requests: [request(151, 'REFUSED', 'last.example')] });
    expect(await events()).toHaveLength(100);
    expect((await list({ pageSize: 200 })).requests).toHaveLength(151);
  });

  it('is kept up to a number, and the list says that there was more', async () => {
    await recorder.record({ owner, requests: [request(1, 'ALLOWED', 'a.example')] });
    await fixture.dataSource.query('UPDATE egress_requests SET sequence = $2 WHERE attempt_id = $1', [
      owner.id,
      MAX_RECORDS - 1,
    ]);
    expect((await list()).truncated).toBe(false);
    await recorder.record({ owner, requests: [2, 3].map((sequence) => request(sequence, 'REFUSED', 'b.example')) });
    expect(await list()).toMatchObject({
      truncated: true,
      requests: [{ sequence: String(MAX_RECORDS - 1) }, { sequence: String(MAX_RECORDS) }],
    });
  });

  it('is stored whatever an agent put into it', async () => {
    const odd = { ...request(1, 'REFUSED', 'a\0b.example'), path: `/${'x'.repeat(2_046)}😀`, method: 'M'.repeat(100) };
    await recorder.record({ owner, requests: [odd] });
    const [stored] = (await list()).requests;
    expect(stored).toMatchObject({ host: 'ab.example', path: `/${'x'.repeat(2_046)}`, method: 'M'.repeat(32) });
  });

  it('has no place for landings and jobs, which is no error', async () => {
    const requests = [request(1, 'ALLOWED', 'a.example')];
    await recorder.record({ owner: { ...owner, kind: SandboxOwner_Kind.LANDING }, requests });
    await recorder.record({ owner: { ...owner, kind: SandboxOwner_Kind.JOB }, requests });
    expect(await hosts()).toEqual([]);
  });
});
