import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  CreateAttemptRequest,
  CreateBatchRequest,
  CreateRepositoryRequest,
  CreateTaskRequest,
  type Attempt,
  type Task,
} from '@heddle/contracts';
import type { AttemptStep, CheckOutcome } from '@heddle/contracts/workflows';
import { SandboxOwner_Kind } from '@heddle/contracts/internal';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';

await describeWith(['postgres'], 'several attempts at one task', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let repositoryId: string;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    // Which workflow is told when is not looked at here.
    await fixture.dispatcher.beforeApplicationShutdown();
    repositoryId = (
      await fixture.repositories.create(CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' }))
    ).id;
  });
  afterAll(() => fixture.close());

  const agent = (word: string): object => ({ kind: 'COMMAND', command: [word] });
  const taskOf = (more: object): Promise<Task> =>
    fixture.tasks.create(CreateTaskRequest.fromPartial({ repositoryId, prompt: 'Fix it', ...more }));
  const threeOf = (more: object = {}): Promise<Task> =>
    taskOf({
      attempts: 3,
      agent: agent('true'),
      checks: [
        { name: 'unit', command: ['true'] },
        { name: 'style', command: ['true'], advisory: true },
      ],
      earlyStop: true,
      ...more,
    });
  const outcome = (name: string, state: CheckOutcome['state']): CheckOutcome => ({
    name,
    state,
    durationMs: 1,
    treeId: '',
    environmentVersion: 1,
    advisory: name === 'style',
    statusDetail: '',
  });
  const end = (attemptId: string, step: Partial<AttemptStep> = {}) =>
    fixture.activities.recordStep({ attemptId, transition: 1, state: 'COMPLETED', statusDetail: '', ...step });
  const passed = [outcome('unit', 'PASSED'), outcome('style', 'FAILED')];

  async function intents({ attempts }: Task): Promise<(string | undefined)[]> {
    return Promise.all(attempts.map(async ({ id }) => (await fixture.activities.readIntent(id)).stop));
  }

  const reasonOf = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'no error',
      (error: unknown) => {
        const { reason, violations = [] } = error as { reason?: string; violations?: { field: string }[] };
        return [reason ?? String(error), ...violations.map(({ field }) => field)].join(' ');
      },
    );

  it('has each variant make its attempts, with its own agent and prompt, from one base', async () => {
    const task = await taskOf({
      variants: [
        { name: 'plain', attempts: 2, agent: agent('one') },
        { name: 'told', agent: agent('two'), prompt: 'Fix it by hand' },
      ],
    });
    expect(task.attempts.map(({ attemptNumber, variant }) => [attemptNumber, variant])).toEqual([
      [1, 'plain'],
      [2, 'plain'],
      [3, 'told'],
    ]);
    expect(await fixture.tasks.get(task.id)).toMatchObject({
      agent: undefined,
      variants: [
        { name: 'plain', attempts: 2, prompt: '' },
        { name: 'told', attempts: 1, prompt: 'Fix it by hand' },
      ],
    });
    expect((await fixture.batches.get(task.batchId)).tasks[0]?.variants[1]?.prompt).toBe('');
    const specs = await Promise.all(
      task.attempts.map(async ({ id }) => {
        const fence = await fixture.activities.raiseFence(id);
        return fixture.specs.get({ owner: { kind: SandboxOwner_Kind.ATTEMPT, id, fence: String(fence.fence) } });
      }),
    );
    expect(specs.map((spec) => [spec.agent?.command[0], spec.prompt.trim()])).toEqual([
      ['one', 'Fix it'],
      ['one', 'Fix it'],
      ['two', 'Fix it by hand'],
    ]);
    expect(new Set(specs.map(({ baseCommit }) => baseCommit)).size).toBe(1);
    expect(await fixture.attempts.get(task.attempts[2]?.id ?? '')).toMatchObject({
      variant: 'told',
      agent: { command: ['two'] },
    });
  });

  it('refuses an early stop by no check at all, where the caller said it', async () => {
    const noCheck = { prompt: 'x', agent: agent('true'), earlyStop: true };
    const advisory = { ...noCheck, checks: [{ name: 'style', command: ['true'], advisory: true }] };
    const batch = CreateBatchRequest.fromPartial({ repositoryId, tasks: [{ ...noCheck, earlyStop: false }, advisory] });
    expect(await reasonOf(fixture.batches.create(batch))).toBe('FIELD_INVALID tasks[1].early_stop');
    expect(await reasonOf(taskOf(noCheck))).toBe('FIELD_INVALID early_stop');
  });

  it('stops the others, and not itself, once one has passed all that counts', async () => {
    const task = await threeOf();
    const [first, second, third] = task.attempts.map(({ id }) => id) as [string, string, string];
    await end(first, { checks: [outcome('unit', 'FAILED'), outcome('style', 'PASSED')] });
    expect(await intents(task)).toEqual([undefined, undefined, undefined]);
    await end(second, { checks: passed });
    expect(await intents(task)).toEqual([undefined, undefined, 'SIBLING_PASSED']);
    // Its workflow repeats what it may not have heard the answer of.
    await end(second, { checks: passed });
    await end(third, { state: 'CANCELLED', statusDetail: 'SIBLING_PASSED' });
    const ended = await fixture.tasks.get(task.id);
    expect(ended.state).toBe('COMPLETED');
    expect(ended.attempts.map(({ state, statusDetail }) => [state, statusDetail])).toEqual([
      ['COMPLETED', ''],
      ['COMPLETED', ''],
      ['CANCELLED', 'SIBLING_PASSED'],
    ]);
    expect(ended.attempts[2]?.stateInfo).toMatchObject({ cause: 'POLICY' });
    expect(ended.attempts[2]?.stateInfo?.message).toContain('another attempt of its task passed');
  });

  it.each([
    ['its task does not ask for it', { earlyStop: false }, { checks: passed }],
    ['a check was not run', {}, { checks: [] }],
    ['it changed nothing', {}, { checks: passed, statusDetail: 'AGENT_NO_CHANGES' }],
    ['its change holds a secret', {}, { checks: passed, statusDetail: 'SECRET_IN_CHANGE' }],
    ['it failed', {}, { checks: passed, state: 'FAILED', statusDetail: 'AGENT_EXIT_CODE' }],
  ] as const)('lets the others go on where %s', async (_, more, step) => {
    const task = await threeOf(more);
    await end(task.attempts[0]?.id ?? '', step);
    expect(await intents(task)).toEqual([undefined, undefined, undefined]);
  });

  it('leaves all winners of one moment, and lets none of them wait for another', async () => {
    for (let round = 0; round < 10; round += 1) {
      const task = await threeOf();
      await Promise.all([...task.attempts].reverse().map(({ id }) => end(id, { checks: passed })));
      expect((await fixture.tasks.get(task.id)).attempts.map(({ state }) => state)).toEqual([
        'COMPLETED',
        'COMPLETED',
        'COMPLETED',
      ]);
    }
  });

  it('keeps the reason of a stop that was asked for before', async () => {
    const task = await threeOf();
    await fixture.attempts.cancel(task.attempts[2]?.id ?? '');
    await end(task.attempts[0]?.id ?? '', { checks: passed });
    expect(await intents(task)).toEqual([undefined, 'SIBLING_PASSED', 'CANCELLED']);
  });

  const more = (taskId: string, fields: object = {}): Promise<Attempt> =>
    fixture.attempts.create(CreateAttemptRequest.fromPartial({ taskId, ...fields }));

  it('takes one more attempt at a task that has ended, which then goes on with its batch', async () => {
    const task = await taskOf({ agent: agent('true') });
    await end(task.attempts[0]?.id ?? '', { state: 'FAILED', statusDetail: 'RUNNER_LOST' });
    expect(await fixture.batches.get(task.batchId)).toMatchObject({ state: 'COMPLETED', revision: '2' });
    const [again, repeat] = [await more(task.id, { requestId: 'again' }), await more(task.id, { requestId: 'again' })];
    expect(again).toMatchObject({ attemptNumber: 2, state: 'QUEUED', agent: { command: ['true'] } });
    expect(repeat).toEqual(again);
    expect(await fixture.tasks.get(task.id)).toMatchObject({ state: 'RUNNING', endTime: undefined, revision: '3' });
    expect(await fixture.batches.get(task.batchId)).toMatchObject({ state: 'RUNNING', endTime: undefined });
    await end(again.id);
    expect(await fixture.tasks.get(task.id)).toMatchObject({ state: 'COMPLETED', revision: '4' });
    const events: { type: string; version: string }[] = await fixture.dataSource.query(
      'SELECT type, version FROM outbox WHERE aggregate_id = $1 ORDER BY sequence',
      [task.batchId],
    );
    expect(events.map(({ type, version }) => `${type} ${version}`)).toEqual([
      'batch.queued 1',
      'batch.completed 2',
      'batch.running 3',
      'batch.completed 4',
    ]);
  });

  it('takes one more of a variant, or another agent with its prompt', async () => {
    const variants = [{ name: 'told', agent: agent('two'), prompt: 'Fix it by hand' }];
    const task = await taskOf({ variants });
    expect(await more(task.id, { variant: 'told' })).toMatchObject({ variant: 'told', agent: { command: ['two'] } });
    const other = await more(task.id, { variant: 'told', agent: agent('three') });
    expect(other).toMatchObject({ attemptNumber: 3, variant: 'told', agent: { command: ['three'] } });
    expect(await more(task.id, { agent: agent('four') })).toMatchObject({ variant: '', agent: { command: ['four'] } });
    const shown = (await fixture.tasks.get(task.id)).attempts.map((each) => each.agent?.command[0]);
    expect(shown).toEqual(['two', 'two', 'three', 'four']);
    expect(await reasonOf(more(task.id))).toBe('FIELD_INVALID variant');
    expect(await reasonOf(more(task.id, { variant: 'constructor' }))).toBe('FIELD_INVALID variant');
    expect(await reasonOf(more(task.id, { agent: { kind: 'COMMAND' } }))).toBe('FIELD_INVALID agent.command');
    expect(await reasonOf(more('0197c1de-0000-7000-8000-000000000000'))).toBe('TASK_NOT_FOUND');
  });

  it('takes no more than 16 of a task, whoever asks at once, and numbers them all', async () => {
    const task = await taskOf({ attempts: 12, agent: agent('true') });
    const answers = await Promise.all(Array.from({ length: 6 }, () => reasonOf(more(task.id))));
    expect(answers.sort()).toEqual(['ATTEMPT_LIMIT', 'ATTEMPT_LIMIT', ...Array.from({ length: 4 }, () => 'no error')]);
    const numbers = (await fixture.tasks.get(task.id)).attempts.map(({ attemptNumber }) => attemptNumber);
    expect(numbers).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
  });

  it('takes no agent with which its batch could not be answered', async () => {
    const long = { kind: 'COMMAND', command: ['bash', '-c', ...Array.from({ length: 12 }, () => 'x'.repeat(100_000))] };
    const task = await taskOf({ agent: long });
    expect(await reasonOf(more(task.id))).toBe('no error');
    expect(await reasonOf(more(task.id, { agent: long }))).toBe('no error');
    expect(await reasonOf(more(task.id, { agent: long }))).toBe('REQUEST_TOO_LARGE');
    expect((await fixture.tasks.get(task.id)).attempts).toHaveLength(3);
  });

  it('never ends a batch that gets one more attempt at the same moment', async () => {
    for (let round = 0; round < 10; round += 1) {
      const task = await taskOf({ agent: agent('true') });
      const [, again] = await Promise.all([end(task.attempts[0]?.id ?? ''), more(task.id)]);
      expect(await fixture.batches.get(task.batchId)).toMatchObject({ state: 'RUNNING', endTime: undefined });
      await end(again.id);
      expect((await fixture.batches.get(task.batchId)).endTime).toBeInstanceOf(Date);
    }
  });
});
