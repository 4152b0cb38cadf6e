import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  Budget,
  CreateAttemptRequest,
  CreateBatchRequest,
  CreateRepositoryRequest,
  SendMessageRequest,
  type Attempt,
  type Batch,
} from '@heddle/contracts';
import type { AttemptStep } from '@heddle/contracts/workflows';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';

await describeWith(['postgres'], 'budgets that are used up', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let repositoryId: string;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    await fixture.dataSource.query(
      `INSERT INTO credentials VALUES ('00000000-0000-7000-8000-000000000001', 'k', 'MODEL', 'OPENAI', 'https://m.test/v1', 0,
         'key', '', '', '', '', NULL, now(), now(), 1)`,
    );
    repositoryId = (
      await fixture.repositories.create(CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' }))
    ).id;
  });
  afterAll(() => fixture.close());

  const codex = { kind: 'CODEX', model: 'big-1' };

  /** A batch of one task whose only attempt has ended well, with ten tokens used. */
  async function ended(agent: object, budget?: Partial<Budget>): Promise<{ batch: Batch; attemptId: string }> {
    const wanted = { repositoryId, tasks: [{ prompt: 'Fix it', agent }], ...(budget === undefined ? {} : { budget }) };
    const batch = await fixture.batches.create(CreateBatchRequest.fromPartial(wanted));
    const attemptId = batch.tasks[0]?.attempts[0]?.id ?? '';
    await fixture.activities.beginAttempt(attemptId);
    await record({ attemptId, transition: 1, state: 'RUNNING', statusDetail: '' });
    const count = { inputTokens: 10, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 };
    const usage = { model: 'big-1', ...count };
    const report = { completed: true, usage, usageByModel: [usage], run: 'turn-1' };
    const turn = { outcome: 'EXITED', startedAt: 1, outputTruncated: false, report } as const;
    const captured = { commit: 'f00d', treeId: 'beef' };
    await record({ attemptId, transition: 2, state: 'COMPLETED', statusDetail: '', turn, captured });
    return { batch, attemptId };
  }

  const record = async (step: AttemptStep): Promise<void> => {
    await fixture.activities.recordStep(step);
  };
  const send = (id: string, text = 'And the tests'): Promise<Attempt> =>
    fixture.turns.send(SendMessageRequest.fromPartial({ id, text }));
  const raise = ({ id }: Batch, budget: Partial<Budget>): Promise<Batch> =>
    fixture.batches.raiseBudget({ requestId: '', id, budget: Budget.fromPartial(budget) });

  it('refuse more work, and a raise after the end makes room for it', async () => {
    const { batch, attemptId } = await ended(codex, { tokens: '10', turns: 1 });
    const retry = (): Promise<Attempt> =>
      fixture.attempts.create(CreateAttemptRequest.fromPartial({ taskId: batch.tasks[0]?.id ?? '' }));
    const noTurn = { reason: 'BUDGET_EXHAUSTED', message: expect.stringContaining('no turn left: 1 of 1') };
    await expect(send(attemptId)).rejects.toMatchObject(noTurn);
    expect(await raise(batch, { turns: 3 })).toMatchObject({ state: 'COMPLETED', budget: { turns: 3 } });
    const spent = { reason: 'BUDGET_EXHAUSTED', message: 'The budget of the batch is used up: 10 of 10 tokens' };
    await expect(send(attemptId)).rejects.toMatchObject(spent);
    await expect(retry()).rejects.toMatchObject(spent);
    expect((await fixture.turns.list(attemptId)).turns).toHaveLength(1);
    await raise(batch, { tokens: '1000' });
    expect(await send(attemptId)).toMatchObject({ state: 'QUEUED', turn: 2 });
    expect(await retry()).toMatchObject({ state: 'QUEUED', attemptNumber: 2 });
  });

  it('are not raised where nothing could use it: an attempt that has ended, of an agent without a conversation', async () => {
    const { attemptId } = await ended({ kind: 'COMMAND', command: ['true'] });
    const wish = { requestId: '', id: attemptId, budget: Budget.fromPartial({ turns: 5 }) };
    await expect(fixture.attempts.raiseBudget(wish)).rejects.toMatchObject({ reason: 'ATTEMPT_ENDED' });
  });

  it('lose no message that was stopped before it was heard: after a raise it is said', async () => {
    const { batch, attemptId } = await ended(codex, { tokens: '20' });
    await send(attemptId);
    // Others of the batch have used the rest up by the time that this turn would begin.
    await record({ attemptId, transition: 3, state: 'FAILED', statusDetail: 'BUDGET_EXHAUSTED' });
    await raise(batch, { tokens: '40' });
    const { turns } = await fixture.turns.list(attemptId);
    expect(turns.map(({ message }) => message)).toEqual(['', 'And the tests']);
    expect(await fixture.attempts.get(attemptId)).toMatchObject({ state: 'QUEUED', turn: 2 });
  });

  it('lose no message that waited behind the turn that they stopped: after a raise all are said, in their order', async () => {
    const { batch, attemptId } = await ended(codex, { tokens: '20' });
    await send(attemptId, 'And the tests');
    await record({ attemptId, transition: 3, state: 'RUNNING', statusDetail: '' });
    await send(attemptId, 'And the docs');
    await send(attemptId, 'And the changelog');
    const turn = { outcome: 'STOPPED', stopReason: 'BUDGET_EXHAUSTED', startedAt: 2, outputTruncated: false } as const;
    const captured = { commit: 'f00e', treeId: 'beef' };
    await record({ attemptId, transition: 4, state: 'FAILED', statusDetail: 'BUDGET_EXHAUSTED', turn, captured });
    const states = async (): Promise<unknown[]> =>
      (await fixture.turns.list(attemptId)).turns.map(({ state, statusDetail }) => [state, statusDetail]);
    expect((await states()).slice(2)).toEqual(Array(2).fill(['CANCELLED', 'TURN_NOT_BEGUN']));

    await raise(batch, { tokens: '40' });
    expect(await fixture.attempts.get(attemptId)).toMatchObject({ state: 'QUEUED', turn: 3 });
    expect((await states()).slice(2)).toEqual(Array(2).fill(['QUEUED', '']));
    const { turns } = await fixture.turns.list(attemptId);
    expect(turns.map(({ message }) => message)).toEqual([
      '',
      'And the tests',
      expect.stringMatching(/go on where you stopped\. Meanwhile you were told:\n\nAnd the docs$/),
      'And the changelog',
    ]);
    // A repeat adds nothing.
    await raise(batch, { tokens: '40' });
    await record({ attemptId, transition: 5, state: 'RUNNING', statusDetail: '' });
    const well = { outcome: 'EXITED', startedAt: 3, outputTruncated: false } as const;
    await record({ attemptId, transition: 6, state: 'COMPLETED', statusDetail: '', turn: well, captured });
    expect(await fixture.attempts.get(attemptId)).toMatchObject({ state: 'QUEUED', turn: 4 });
  });

  it('bring back no message that an earlier end had closed', async () => {
    const { batch, attemptId } = await ended(codex, { tokens: '20' });
    const captured = { commit: 'f00e', treeId: 'beef' };
    await send(attemptId, 'And the tests');
    await record({ attemptId, transition: 3, state: 'RUNNING', statusDetail: '' });
    await send(attemptId, 'And the docs');
    const broken = { outcome: 'STOPPED', stopReason: 'CANCELLED', startedAt: 2, outputTruncated: false } as const;
    await record({ attemptId, transition: 4, state: 'CANCELLED', statusDetail: '', turn: broken, captured });
    await send(attemptId, 'And the changelog');
    await record({ attemptId, transition: 5, state: 'RUNNING', statusDetail: '' });
    const spent = { outcome: 'STOPPED', stopReason: 'BUDGET_EXHAUSTED', startedAt: 3, outputTruncated: false } as const;
    await record({
      attemptId,
      transition: 6,
      state: 'FAILED',
      statusDetail: 'BUDGET_EXHAUSTED',
      turn: spent,
      captured,
    });
    await raise(batch, { tokens: '40' });
    expect(await fixture.attempts.get(attemptId)).toMatchObject({ state: 'QUEUED', turn: 5 });
    const { turns } = await fixture.turns.list(attemptId);
    expect(turns.map(({ state }) => state)).toEqual(['COMPLETED', 'CANCELLED', 'CANCELLED', 'FAILED', 'QUEUED']);
  });
});
