import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  ApprovePlanRequest,
  Attempt_State,
  Batch_State,
  CreateBatchRequest,
  CreateCredentialRequest,
  CreateRepositoryRequest,
  Credential_Kind,
  SendMessageRequest,
  Task_Mode,
  Task_State,
  Turn_State,
} from '@heddle/contracts';
import { SandboxOwner_Kind, type SandboxSpec } from '@heddle/contracts/internal';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { CredentialService } from '../credentials/credential.service.js';
import { FileKeyProvider } from '../secrets/file-key-provider.js';
import { CONFIG, schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';

const temporary = useTemporaryDirectories();

await describeWith(['postgres'], 'a plan that waits for approval', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let repositoryId: string;
  let batchId: string;
  let id: string;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    ({ id: repositoryId } = await fixture.repositories.create(
      CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' }),
    ));
    const keys = new FileKeyProvider(join(await temporary('keys'), 'secrets-key'));
    const credentials = new CredentialService(fixture.dataSource, keys, CONFIG);
    await credentials.create(
      CreateCredentialRequest.fromPartial({
        name: 'team-key',
        kind: Credential_Kind.MODEL,
        provider: 'OPENAI',
        value: 'sk-hush-hush',
      }),
    );
  });
  beforeEach(async () => {
    const batch = await create(Task_Mode.PLAN);
    batchId = batch.id;
    id = batch.tasks[0]?.attempts[0]?.id ?? '';
  });
  afterAll(() => fixture.close());

  const create = (mode: Task_Mode, agent: object = { kind: 'CODEX' }) =>
    fixture.batches.create(
      CreateBatchRequest.fromPartial({ repositoryId, tasks: [{ prompt: 'Fix the cart', mode, agent }] }),
    );

  /** Its first turn, up to where the plan waits. */
  async function plan(text = '1. Look\n2. Fix\n'): Promise<void> {
    await fixture.activities.beginAttempt(id);
    for (const [index, state] of (['PROVISIONING', 'RUNNING'] as const).entries())
      await fixture.activities.recordStep({ attemptId: id, transition: index + 1, state, statusDetail: '' });
    await waits(text);
  }

  const waits = (text: string) =>
    fixture.activities.recordStep({
      attemptId: id,
      transition: 3,
      state: 'WAITING_FOR_USER',
      statusDetail: 'PLAN_APPROVAL',
      turn: { outcome: 'EXITED', exitCode: 0, outputTruncated: false, report: { completed: true, answer: text } },
    });

  const approve = (fields: Partial<ApprovePlanRequest> = {}) =>
    fixture.plans.approve(ApprovePlanRequest.fromPartial({ id, ...fields }));

  async function spec(): Promise<SandboxSpec> {
    const { fence } = await fixture.activities.raiseFence(id);
    return fixture.specs.get({ owner: { kind: SandboxOwner_Kind.ATTEMPT, id, fence: String(fence) } });
  }

  async function events(): Promise<string[]> {
    const rows: { type: string }[] = await fixture.dataSource.query(
      `SELECT type FROM outbox WHERE aggregate = 'attempt' AND aggregate_id = $1 ORDER BY version`,
      [id],
    );
    return rows.map(({ type }) => type.replace('attempt.', ''));
  }

  it('is shown with whose turn it is, on the attempt, its task and its batch', async () => {
    await expect(fixture.plans.get(id)).rejects.toMatchObject({ reason: 'PLAN_NOT_FOUND' });
    await plan();
    await waits('another');
    expect(await fixture.plans.get(id)).toMatchObject({ version: 1, text: '1. Look\n2. Fix\n', approver: '' });
    expect(await fixture.attempts.get(id)).toMatchObject({
      state: Attempt_State.WAITING_FOR_USER,
      statusDetail: 'PLAN_APPROVAL',
      endTime: undefined,
      stateInfo: { cause: 'USER', actions: ['ApprovePlan', 'CancelAttempt'] },
    });
    const batch = await fixture.batches.get(batchId);
    expect([batch.state, batch.tasks[0]?.state, batch.tasks[0]?.mode]).toEqual([
      Batch_State.WAITING_FOR_USER,
      Task_State.WAITING_FOR_USER,
      Task_Mode.PLAN,
    ]);
    expect(await events()).toEqual(['queued', 'provisioning', 'running', 'waiting_for_user']);
  });

  it('has no sandbox and no workflow, and nobody misses them', async () => {
    await plan();
    expect(await fixture.activities.beginAttempt(id)).toEqual({ kind: 'NOTHING_TO_DO' });
    expect((await spec()).ended).toBe(true);
    const long = `now() - interval '1 hour'`;
    await fixture.dataSource.query(`UPDATE attempts SET dispatched_at = ${long}, state_since = ${long} WHERE id = $1`, [
      id,
    ]);
    const asked: string[] = [];
    fixture.describe = (workflowId) => {
      asked.push(workflowId);
      return Promise.resolve({ status: { name: 'COMPLETED' } });
    };
    fixture.reconciler.look();
    await fixture.reconciler.beforeApplicationShutdown();
    expect(asked).not.toContain(`attempt/${id}`);
    await fixture.attempts.cancel(id);
    expect(await fixture.activities.beginAttempt(id)).toMatchObject({ kind: 'WORK', claim: { stop: 'CANCELLED' } });
    await expect(approve()).rejects.toMatchObject({ reason: 'ATTEMPT_NOT_WAITING' });
  });

  it('is carried out in the next turn, as it was read', async () => {
    await plan();
    expect(await spec()).toMatchObject({ mode: Task_Mode.PLAN, prompt: 'Fix the cart\n' });
    await expect(approve({ planVersion: 2 })).rejects.toMatchObject({ reason: 'CHANGE_MOVED' });
    const approved = await approve({ planVersion: 1, requestId: `once-${id}` });
    expect(approved).toMatchObject({ state: Attempt_State.QUEUED, statusDetail: '', stateInfo: undefined });
    expect(await approve({ planVersion: 1, requestId: `once-${id}` })).toEqual(approved);
    await expect(approve()).rejects.toMatchObject({ reason: 'ATTEMPT_NOT_WAITING', metadata: { state: 'QUEUED' } });
    expect(await fixture.plans.get(id)).toMatchObject({
      version: 1,
      approveTime: expect.any(Date),
      approvedText: undefined,
    });
    expect(await fixture.activities.beginAttempt(id)).toMatchObject({
      kind: 'WORK',
      plan: { mode: 'CODE', turn: 2, transition: 3 },
    });
    expect(await spec()).toMatchObject({
      mode: Task_Mode.CODE,
      ended: false,
      turn: 2,
      prompt: 'This plan was approved. Carry it out now:\n\n1. Look\n2. Fix\n',
      earlierPrompts: ['Fix the cart\n'],
    });
    expect((await events()).at(-1)).toBe('queued');
  });

  it('is made anew in a further turn, on the base, by what a message says of it', async () => {
    await plan();
    await fixture.turns.send({ ...SendMessageRequest.create(), id, text: 'Without the second step' });
    expect(await fixture.attempts.get(id)).toMatchObject({ state: Attempt_State.QUEUED, turn: 2 });
    const turns = (await fixture.turns.list(id)).turns.map(({ state }) => Turn_State[state]);
    expect(turns).toEqual(['COMPLETED', 'QUEUED']);
    await fixture.dataSource.query(
      `UPDATE turns SET checkpoint = '{"commit": "c", "treeId": "t"}' WHERE attempt_id = $1 AND turn = 1`,
      [id],
    );
    expect(await spec()).toMatchObject({
      mode: Task_Mode.PLAN,
      prompt: 'Without the second step',
      resume: { commit: '' },
      earlierPrompts: ['Fix the cart\n'],
    });
    await expect(approve()).rejects.toMatchObject({ reason: 'ATTEMPT_NOT_WAITING' });
  });

  it('can be edited, within what a prompt has room for', async () => {
    await plan();
    for (const text of [' \n', 'x'.repeat(64 * 1024 + 1)])
      await expect(approve({ text })).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
    await approve({ text: '1. Only look' });
    expect(await fixture.plans.get(id)).toMatchObject({ text: '1. Look\n2. Fix\n', approvedText: '1. Only look' });
    expect((await spec()).prompt).toContain('\n\n1. Only look\n');
    expect((await spec()).prompt).not.toContain('2. Fix');
  });

  it.each([
    ['ASK', 'nothing is known to be their answer'],
    ['PLAN', 'can not be asked for a plan'],
  ] as const)('%s is refused in words for an agent that has no such mode', async (mode, words) => {
    await expect(create(Task_Mode[mode], { kind: 'COMMAND', command: ['true'] })).rejects.toMatchObject({
      reason: 'FIELD_INVALID',
      violations: [{ field: 'tasks[0].mode', description: expect.stringContaining(words) }],
    });
  });
});
