import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Attempt, Repository } from '@heddle/sdk';
import { eventually } from '../support/bounds.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask, gated } from '../support/work/agents.js';
import { EventRecorder } from '../support/work/event-reader.js';
import { anythingOf, openGate, waitingAt } from '../support/work/gates.js';
import {
  attemptEnded,
  attemptsOf,
  batchEnded,
  changeOf,
  changesOf,
  createBatch,
  registerRepository,
} from '../support/work/launch.js';
import { printed, untilPrinted, wholeLog } from '../support/work/log-reader.js';

// One slot: whoever holds it makes everybody else wait.
const platform = usePlatform({ HEDDLE_RUNNER_SLOTS: '1' });

describe('cancelling an attempt', () => {
  let origin: SampleRepository;
  let repository: Repository;

  beforeAll(async () => {
    origin = await SampleRepository.make(platform.scratch, { 'a.txt': 'a\n' });
    repository = await registerRepository(platform.rest, origin.path);
  });

  it('while it runs: keeps what was written, kills everything, frees the slot', async () => {
    const running = gated({
      before: 'echo kept > kept.txt; (trap "" TERM; exec -a stubborn-child sleep 1000) & disown',
    });
    const attempt = await launch(running.script);
    await untilPrinted(platform.rest, attempt.id, 'start 1');
    const next = await launch('echo free > free.txt');

    const answered = await cancel(attempt);
    expect(['RUNNING', 'CANCELLED']).toContain(answered.state);
    const ended = await attemptEnded(platform.rest, attempt.id);
    expect(ended).toMatchObject({ state: 'CANCELLED', statusDetail: 'CANCELLED_BY_USER' });
    expect(anythingOf(running.gate)).toEqual([]);
    expect(anythingOf('stubborn-child')).toEqual([]);
    expect(await changeOf(platform.rest, ended)).toMatchObject({
      partial: true,
      files: [{ path: 'kept.txt', status: 'ADDED' }],
    });
    expect((await wholeLog(platform.rest, attempt.id)).some(({ text }) => text === 'start 1')).toBe(true);
    await expectCompleted(next);

    const landing = await platform.rest.call('POST', `/v1/changes/${ended.changeId ?? ''}/verdicts`, {
      body: { verdict: 'APPROVE' },
    });
    const landed = await platform.rest.call('POST', '/v1/landings', { body: { changeId: ended.changeId } });
    expect([landing.status, landed.status]).toContain(400);
    expect(JSON.stringify([landing.body, landed.body])).toContain('CHANGE_PARTIAL');
  });

  it('while it waits for a slot: it never starts', async () => {
    const holder = gated();
    const holding = await launch(holder.script);
    await untilPrinted(platform.rest, holding.id, 'start 1');
    const waiting = await launch('echo never > never.txt');
    const seen = await platform.rest.get<Attempt>(`/v1/attempts/${waiting.id}`);
    expect(seen).toMatchObject({ state: 'QUEUED' });

    await cancel(waiting);
    const ended = await attemptEnded(platform.rest, waiting.id);
    expect(ended).toMatchObject({ state: 'CANCELLED', statusDetail: 'CANCELLED_BY_USER' });
    expect(ended.startTime).toBeUndefined();
    expect(ended.changeId).toBeUndefined();

    await openGate(holder.gate);
    expect(await attemptEnded(platform.rest, holding.id)).toMatchObject({
      state: 'COMPLETED',
      statusDetail: 'AGENT_NO_CHANGES',
    });
    expect(printed(await wholeLog(platform.rest, waiting.id))).toEqual([]);
  });

  it('while its sandbox is made: ends as soon as it can', async () => {
    const events = await EventRecorder.open(platform.rest);
    // Without the supervisor no sandbox comes to be: the attempt stays where it is for as long as this holds.
    platform.running.kill('supervisor', 'SIGSTOP');
    const { gate, script } = gated();
    let attempt: Attempt;
    try {
      attempt = await launch(script);
      await events.until(
        ({ type, data }) => type === 'heddle.v1.attempt.provisioning' && data?.attempt?.id === attempt.id,
      );
      await cancel(attempt);
    } finally {
      platform.running.kill('supervisor', 'SIGCONT');
    }
    expect(await attemptEnded(platform.rest, attempt.id)).toMatchObject({
      state: 'CANCELLED',
      statusDetail: 'CANCELLED_BY_USER',
    });
    expect(anythingOf(gate)).toEqual([]);
    expect(events.of(`attempts/${attempt.id}`).map(({ type }) => type)).not.toContain('heddle.v1.attempt.running');
    await events.stop();
    await expectCompleted(await launch('echo free > free2.txt'));
  });

  it('while its checks run: keeps the change, ends the check', async () => {
    const check = gated();
    const checks = [{ name: 'slow', command: ['bash', '-c', check.script], timeout: '300s' }];
    const attempt = await launch('echo made > made.txt', { checks });
    await untilPrinted(platform.rest, attempt.id, 'start 1');
    expect(await platform.rest.get<Attempt>(`/v1/attempts/${attempt.id}`)).toMatchObject({ state: 'CHECKING' });

    await cancel(attempt);
    const ended = await attemptEnded(platform.rest, attempt.id);
    expect(ended).toMatchObject({ state: 'CANCELLED', statusDetail: 'CANCELLED_BY_USER' });
    expect(anythingOf(check.gate)).toEqual([]);
    expect(await changeOf(platform.rest, ended)).toMatchObject({ files: [{ path: 'made.txt' }] });
    await expectCompleted(await launch('echo free > free3.txt'));
  });

  it('after its end: changes nothing and is no error', async () => {
    const attempt = await launch('echo over > over.txt');
    const ended = await attemptEnded(platform.rest, attempt.id);
    expect(await cancel(attempt)).toMatchObject({ state: 'COMPLETED', revision: ended.revision });
    expect(await cancel(attempt)).toMatchObject({ state: 'COMPLETED' });
  });

  it('as a whole batch: whatever phase each is in', async () => {
    // Whichever gets the slot first holds it.
    const scripts = Array.from({ length: 3 }, () => gated({ before: 'echo partly > partly.txt' }));
    const tasks = scripts.map(({ script }) => bashTask('Hold or wait', script));
    const batch = await createBatch(platform.rest, repository, tasks);
    const running = await eventually('one of them has the slot', () => {
      const index = scripts.findIndex(({ gate }) => waitingAt(gate) !== undefined);
      return index < 0 ? undefined : index;
    });
    await platform.rest.post(`/v1/batches/${batch.id}:cancel`);
    const ended = await batchEnded(platform.rest, batch.id);
    expect(ended).toMatchObject({ state: 'CANCELLED', attemptCounts: { CANCELLED: 3 } });
    const changes = await changesOf(platform.rest, batch.id);
    expect(changes).toMatchObject([{ attemptId: attemptsOf(batch)[running]?.id, partial: true }]);
    for (const { gate } of scripts) expect(anythingOf(gate)).toEqual([]);
  });

  it('at its time limit: stops with what is there, by the platform itself', async () => {
    const limited = gated({ before: 'echo so-far > so-far.txt' });
    const environment = await platform.rest.post<{ id: string }>('/v1/environments', {
      name: 'short',
      limits: { duration: '2s' },
      agent: { kind: 'COMMAND', command: ['bash', '-c', limited.script] },
    });
    const tasks = [{ title: 'Too long', prompt: 'Go on.' }];
    const batch = await createBatch(platform.rest, repository, tasks, { environmentId: environment.id });
    const [attempt] = attemptsOf(await batchEnded(platform.rest, batch.id));
    expect(attempt).toMatchObject({ state: 'TIMED_OUT', statusDetail: 'TIME_LIMIT' });
    expect(anythingOf(limited.gate)).toEqual([]);
    if (attempt !== undefined) {
      expect(await changeOf(platform.rest, attempt)).toMatchObject({ partial: true, files: [{ path: 'so-far.txt' }] });
    }
  });

  async function launch(script: string, more: Parameters<typeof bashTask>[2] = {}): Promise<Attempt> {
    const batch = await createBatch(platform.rest, repository, [bashTask('Work', script, more)]);
    const [attempt] = attemptsOf(batch);
    if (attempt === undefined) throw new Error('A batch of one task has one attempt');
    return attempt;
  }

  function cancel({ id }: Attempt): Promise<Attempt> {
    return platform.rest.post<Attempt>(`/v1/attempts/${id}:cancel`);
  }

  async function expectCompleted({ id }: Attempt): Promise<void> {
    expect(await attemptEnded(platform.rest, id)).toMatchObject({ state: 'COMPLETED' });
    await eventually('its sandbox is gone', async () => {
      await platform.quiet();
      return true;
    });
  }
});
