import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Attempt_State,
  CreateBatchRequest,
  CreateCredentialRequest,
  CreateRepositoryRequest,
  Credential_Kind,
  SendMessageRequest,
  SendMessageRequest_Delivery as Delivery,
  Task_State,
  Turn_State,
} from '@heddle/contracts';
import { SandboxOwner_Kind, type SandboxSpec } from '@heddle/contracts/internal';
import type { AttemptStep, ModelUsageCount, TurnResult } from '@heddle/contracts/workflows';
import { createLogger } from '@heddle/platform/logging';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { CredentialService } from '../credentials/credential.service.js';
import { FileKeyProvider } from '../secrets/file-key-provider.js';
import { CONFIG, schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';
import { steeringMessages } from './steering-messages.js';
import { VerdictConsumer } from './verdict.consumer.js';

const temporary = useTemporaryDirectories();

const ENDED: TurnResult = { outcome: 'EXITED', exitCode: 0, outputTruncated: false };
const captured = (commit: string, conversation?: string) => ({
  commit: commit.repeat(40),
  treeId: 'b'.repeat(40),
  ...(conversation === undefined ? {} : { conversation: { id: 'thread-1', commit: conversation.repeat(40) } }),
});
const usage = (inputTokens: number): ModelUsageCount => ({
  model: 'm',
  inputTokens,
  cachedInputTokens: 0,
  outputTokens: 1,
  reasoningTokens: 0,
});

await describeWith(['postgres'], 'further turns of an attempt', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let repositoryId: string;
  let id: string;
  let taskId: string;
  let batchId: string;
  let transition: number;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    const keys = new FileKeyProvider(join(await temporary('keys'), 'secrets-key'));
    for (const provider of ['OPENAI', 'ANTHROPIC'])
      await new CredentialService(fixture.dataSource, keys, CONFIG).create(
        CreateCredentialRequest.fromPartial({
          name: provider,
          kind: Credential_Kind.MODEL,
          provider,
          value: 'sk-hush-hush',
        }),
      );
    await fixture.dispatcher.beforeApplicationShutdown();
    const repository = CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' });
    repositoryId = (await fixture.repositories.create(repository)).id;
  });
  afterAll(() => fixture.close());
  beforeEach(() => launch('CODEX'));

  async function launch(kind: string): Promise<void> {
    const agent = kind === 'COMMAND' ? { kind, command: ['true'] } : { kind };
    const batch = await fixture.batches.create(
      CreateBatchRequest.fromPartial({ repositoryId, brief: 'Shoes.', tasks: [{ prompt: 'Fix it', agent }] }),
    );
    batchId = batch.id;
    taskId = batch.tasks[0]?.id ?? '';
    id = batch.tasks[0]?.attempts[0]?.id ?? '';
    transition = 0;
  }

  const send = (text: string, more: Partial<SendMessageRequest> = {}) =>
    fixture.turns.send({ ...SendMessageRequest.create(), id, text, ...more });
  const turns = async () => (await fixture.turns.list(id)).turns;
  const states = async (): Promise<string[]> => (await turns()).map((turn) => Turn_State[turn.state]);

  async function step(state: AttemptStep['state'], more: Partial<AttemptStep> = {}): Promise<string> {
    transition += 1;
    const stored = await fixture.activities.recordStep({ attemptId: id, transition, state, statusDetail: '', ...more });
    return stored.state;
  }

  async function spec(): Promise<SandboxSpec> {
    const { fence } = await fixture.activities.raiseFence(id);
    return fixture.specs.get({ owner: { kind: SandboxOwner_Kind.ATTEMPT, id, fence: String(fence) } });
  }

  async function events(aggregate: string, aggregateId: string): Promise<string[]> {
    const rows: { type: string }[] = await fixture.dataSource.query(
      `SELECT type FROM outbox WHERE aggregate = $1 AND aggregate_id = $2 ORDER BY version`,
      [aggregate, aggregateId],
    );
    return rows.map(({ type }) => type);
  }

  it('begin where the attempt ended, with the tree and the conversation of one checkpoint', async () => {
    await step('RUNNING');
    await step('COMPLETED', { turn: ENDED, captured: captured('c', 'd') });
    expect(await fixture.tasks.get(taskId)).toMatchObject({ state: Task_State.COMPLETED, endTime: expect.any(Date) });

    expect(await send('And the tests')).toMatchObject({ state: Attempt_State.QUEUED, turn: 2, endTime: undefined });
    expect(await fixture.tasks.get(taskId)).toMatchObject({ state: Task_State.QUEUED, endTime: undefined });
    expect((await fixture.batches.get(batchId)).endTime).toBeUndefined();
    expect(await spec()).toMatchObject({
      turn: 2,
      prompt: 'And the tests',
      resume: { commit: 'c'.repeat(40), conversationId: 'thread-1', conversationCommit: 'd'.repeat(40) },
      earlierPrompts: ['Shoes.\n\nFix it\n'],
      ended: false,
    });
    const begun = await fixture.activities.beginAttempt(id);
    expect(begun).toMatchObject({ kind: 'WORK', plan: { turn: 2, transition: 2 } });

    await step('RUNNING');
    await step('COMPLETED', { turn: { ...ENDED, conversation: 'RESUMED' }, captured: captured('e', 'f') });
    expect(await fixture.attempts.get(id)).toMatchObject({ state: Attempt_State.COMPLETED, endTime: expect.any(Date) });
    expect(await turns()).toMatchObject([
      { turn: 1, state: Turn_State.COMPLETED, message: '', conversation: '', endTime: expect.any(Date) },
      { turn: 2, state: Turn_State.COMPLETED, message: 'And the tests', conversation: 'RESUMED' },
    ]);
    expect(await events('attempt', id)).toEqual([
      'attempt.queued',
      'attempt.running',
      'attempt.completed',
      'attempt.queued',
      'attempt.running',
      'attempt.completed',
    ]);
    expect(await events('task', taskId)).toEqual(['task.queued', 'task.completed', 'task.queued', 'task.completed']);
    expect((await events('batch', batchId)).slice(1)).toEqual(['batch.completed', 'batch.queued', 'batch.completed']);
  });

  it('wait for the turn before them, which then does not end the attempt', async () => {
    await step('RUNNING');
    await send('second');
    await send('third');
    // A pause is of the attempt: the next turn waits too.
    await fixture.attempts.pause(id, true);
    expect(await states()).toEqual(['RUNNING', 'QUEUED', 'QUEUED']);
    expect(await step('COMPLETED', { turn: ENDED, captured: captured('c') })).toBe('QUEUED');
    // The answer was lost: what is stored is told again.
    transition -= 1;
    expect(await step('COMPLETED', { turn: ENDED, captured: captured('c') })).toBe('QUEUED');
    expect(await fixture.attempts.get(id)).toMatchObject({ state: Attempt_State.QUEUED, turn: 2, endTime: undefined });
    expect(await fixture.activities.raiseFence(id)).toMatchObject({ pause: true });
    await fixture.dataSource.query('UPDATE attempts SET pause_wanted = false WHERE id = $1', [id]);
    expect(await spec()).toMatchObject({ prompt: 'second', resume: { commit: 'c'.repeat(40), conversationId: '' } });
    await step('RUNNING');
    expect(await step('FAILED', { statusDetail: 'AGENT_CRASHED', turn: ENDED })).toBe('QUEUED');
    expect(await spec()).toMatchObject({ prompt: 'third', earlierPrompts: ['Shoes.\n\nFix it\n', 'second'] });
    await step('RUNNING');
    expect(await step('COMPLETED', { turn: ENDED })).toBe('COMPLETED');
    expect(await states()).toEqual(['COMPLETED', 'FAILED', 'COMPLETED']);
    expect((await events('task', taskId)).slice(1)).toEqual(['task.completed']);
  });

  it.each([
    ['CANCELLED', 'CANCELLED_BY_USER'],
    ['TIMED_OUT', 'TIME_LIMIT'],
    ['FAILED', 'BUDGET_EXHAUSTED'],
  ] as const)('that wait do not begin after %s (%s)', async (state, statusDetail) => {
    await step('RUNNING');
    await send('second');
    expect(await step(state, { statusDetail, turn: ENDED })).toBe(state);
    expect((await turns()).at(-1)).toMatchObject({ state: Turn_State.CANCELLED, statusDetail: 'TURN_NOT_BEGUN' });
    await send('third');
    expect(await spec()).toMatchObject({ turn: 3, prompt: 'third', earlierPrompts: ['Shoes.\n\nFix it\n'] });
  });

  it('interrupt the turn that runs, and only that one', async () => {
    await step('RUNNING');
    await fixture.dataSource.query('UPDATE attempts SET dispatched_at = now() WHERE id = $1', [id]);
    await send('Stop that', { delivery: Delivery.INTERRUPT });
    expect(await fixture.activities.readIntent(id)).toMatchObject({ interrupt: 1 });
    expect(await fixture.activities.raiseFence(id)).toMatchObject({ interrupt: true });
    const [row]: { dispatched_at: Date | null }[] = await fixture.dataSource.query(
      'SELECT dispatched_at FROM attempts WHERE id = $1',
      [id],
    );
    expect(row?.dispatched_at).toBeNull();
    expect(await step('FAILED', { statusDetail: 'TURN_INTERRUPTED', turn: ENDED, captured: captured('c', 'd') })).toBe(
      'QUEUED',
    );
    expect(await states()).toEqual(['CANCELLED', 'QUEUED']);
    expect(await fixture.activities.readIntent(id)).not.toHaveProperty('interrupt');
    expect(await fixture.activities.raiseFence(id)).not.toHaveProperty('interrupt');
  });

  it('are one for a request that is repeated', async () => {
    await step('RUNNING');
    await send('second', { requestId: `r-${id}` });
    await send('second', { requestId: `r-${id}` });
    await expect(send('other', { requestId: `r-${id}` })).rejects.toMatchObject({ reason: 'REQUEST_ID_REUSED' });
    expect(await states()).toEqual(['RUNNING', 'QUEUED']);
  });

  it('count tokens once, also of a program that tells those of its whole conversation', async () => {
    const report = (inputTokens: number) => ({ completed: true, usage: usage(inputTokens) });
    await fixture.activities.raiseFence(id);
    await step('RUNNING');
    await step('CHECKING', { turn: { ...ENDED, report: report(100) }, captured: captured('c') });
    await step('COMPLETED', { turn: { ...ENDED, report: report(100) }, captured: captured('c') });
    await send('second');
    await step('RUNNING');
    await step('COMPLETED', {
      turn: { ...ENDED, conversation: 'RESUMED', report: report(130) },
      captured: captured('e'),
    });
    expect((await turns()).map(({ modelUsage }) => modelUsage?.inputTokens)).toEqual(['100', '30']);
    expect((await fixture.attempts.get(id)).modelUsage?.inputTokens).toBe('130');
    await send('third');
    await step('RUNNING');
    // More than the conversation before: that it is another one is what counts.
    await step('COMPLETED', { turn: { ...ENDED, conversation: 'AFRESH', report: report(500) } });
    await send('fourth');
    await step('RUNNING');
    await step('COMPLETED', { turn: { ...ENDED, conversation: 'RESUMED', report: report(520) } });
    expect((await turns()).map(({ modelUsage }) => modelUsage?.inputTokens)).toEqual(['100', '30', '500', '20']);
    expect((await fixture.attempts.get(id)).modelUsage?.inputTokens).toBe('650');
  });

  it('are what a reviewer asks for, once for each verdict', async () => {
    const consumer = new VerdictConsumer(
      fixture.dataSource,
      fixture.turns,
      undefined as never,
      createLogger('test', 'silent'),
    );
    const hear = (verdict: string, comment: string, verdictId = newId(), changeId = change, reasonClass = '') => {
      const message = messageOf[comment];
      return consumer.take({
        revision: '1',
        data: { verdict: { id: verdictId, changeId, verdict, comment, message, principal: 'ann', reasonClass } },
      });
    };
    // What is told is the comment with the open threads; verdicts of before there were threads have none.
    const messageOf: Record<string, string> = { 'And tests.': 'And tests.\n\n1. a.txt:5:\n   Why?' };
    const change = newId();
    await step('RUNNING');
    await step('COMPLETED', { turn: ENDED, captured: captured('c', 'd'), changeId: change });
    await hear('APPROVE', 'fine');
    await hear('REJECT', 'no');
    expect(await states()).toEqual(['COMPLETED']);
    const verdictId = newId();
    await hear('REQUEST_CHANGES', 'And tests.', verdictId);
    await hear('REQUEST_CHANGES', 'And tests.', verdictId);
    expect((await turns()).slice(1)).toMatchObject([
      { turn: 2, state: Turn_State.QUEUED, message: messageOf['And tests.'], principal: 'ann', verdictId },
    ]);
    expect(await fixture.attempts.get(id)).toMatchObject({ state: Attempt_State.QUEUED, turn: 2 });
    // It may be told before the change is.
    await expect(hear('REQUEST_CHANGES', 'More.', newId(), newId())).rejects.toThrow('No attempt is known');
    const landing = (state: string): Promise<unknown> =>
      fixture.dataSource.query('UPDATE attempts SET landing_state = $2 WHERE id = $1', [id, state]);
    await landing('LANDED');
    await hear('REQUEST_CHANGES', 'Too late.');
    expect(await states()).toEqual(['COMPLETED', 'QUEUED']);
    // That it is proposed may be heard after what is said of it there.
    await landing('PUSHING');
    const said = newId();
    await expect(hear('REQUEST_CHANGES', 'There.', said, change, 'FORGE_REVIEW')).rejects.toMatchObject({
      reason: 'LANDING_EXISTS',
    });
    await landing('PROPOSED');
    await hear('REQUEST_CHANGES', 'There.', said, change, 'FORGE_REVIEW');
    expect(await states()).toEqual(['COMPLETED', 'QUEUED', 'QUEUED']);
  });

  it('are refused in words where there is nothing that could go on', async () => {
    const steer = () => send('hi', { delivery: Delivery.STEER });
    await expect(steer()).rejects.toMatchObject({
      reason: 'NOT_AVAILABLE',
      message: expect.stringContaining('kind CODEX takes no message into a turn that runs'),
    });
    await expect(send(' ')).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
    await fixture.attempts.cancel(id);
    await expect(send('hi')).rejects.toMatchObject({ reason: 'ATTEMPT_NOT_RUNNING' });
    await step('CANCELLED');
    const landing = (state: string): Promise<unknown> =>
      fixture.dataSource.query('UPDATE attempts SET landing_state = $2 WHERE id = $1', [id, state]);
    await landing('TESTING');
    await expect(send('hi')).rejects.toMatchObject({ reason: 'LANDING_EXISTS' });
    await landing('LANDED');
    await expect(send('hi')).rejects.toMatchObject({ reason: 'ALREADY_LANDED' });
    await launch('COMMAND');
    await expect(send('hi')).rejects.toMatchObject({ reason: 'AGENT_CANNOT_RESUME', metadata: { kind: 'COMMAND' } });
    expect(await states()).toEqual(['QUEUED']);
  });

  describe('into the turn that runs', () => {
    const steer = (text: string) => send(text, { delivery: Delivery.STEER });
    const told = async (runnerId: string) => steeringMessages(fixture.dataSource, runnerId);
    const ended = (steered: readonly number[]): TurnResult => ({ ...ENDED, report: { completed: true, steered } });

    beforeEach(async () => {
      await launch('CLAUDE_CODE');
      await fixture.activities.raiseFence(id);
    });

    it('are told to its runner for as long as it runs, and are no turn where it took them', async () => {
      await expect(steer('Too early')).rejects.toMatchObject({ reason: 'ATTEMPT_NOT_RUNNING' });
      await step('RUNNING', { runnerId: 'r1' });
      await steer('Not that file');
      await send('And the tests');
      await steer('Nor that one');
      const [fence, turn, attemptId] = ['1', 1, id];
      const messages = [
        { attemptId, fence, turn, number: 2, text: 'Not that file' },
        { attemptId, fence, turn, number: 4, text: 'Nor that one' },
      ];
      expect(await told('r1')).toEqual(messages);
      expect(await told('r2')).toEqual([]);
      // The third is no message into this turn, whatever its output says.
      expect(await step('COMPLETED', { turn: ended([2, 3]), captured: captured('c') })).toBe('QUEUED');
      expect(await told('r1')).toEqual([]);
      expect((await turns()).map(({ state, statusDetail }) => [state, statusDetail])).toEqual([
        ['COMPLETED', ''],
        ['COMPLETED', 'STEERED'],
        ['QUEUED', ''],
        ['QUEUED', ''],
      ]);
      expect(await spec()).toMatchObject({ turn: 3, prompt: 'And the tests' });
      await step('RUNNING', { runnerId: 'r1' });
      expect(await told('r1')).toMatchObject([{ turn: 3, number: 4 }]);
      expect(await step('COMPLETED', { turn: ended([]), captured: captured('e') })).toBe('QUEUED');
      // What no turn took is one.
      expect(await spec()).toMatchObject({ turn: 4, prompt: 'Nor that one' });
    });
  });
});
