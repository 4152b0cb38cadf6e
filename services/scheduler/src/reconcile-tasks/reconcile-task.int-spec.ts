import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CreateBatchRequest, CreateRepositoryRequest, UpdateEnvironmentRequest, type Batch } from '@heddle/contracts';
import { CreateReconcileTaskRequest, SandboxOwner_Kind } from '@heddle/contracts/internal';
import { newId } from '@heddle/platform/ids';
import { describeWith } from '@heddle/testing';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';

const START = 'd'.repeat(40);

await describeWith(['postgres'], 'the task of a reconciliation', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let batch: Batch;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    await fixture.dataSource.query(
      `INSERT INTO credentials VALUES ('00000000-0000-7000-8000-000000000001', 'k', 'MODEL', 'OPENAI', 'https://m.test/v1', 0,
         'key', '', '', '', '', NULL, now(), now(), 1)`,
    );
    const repository = CreateRepositoryRequest.fromPartial({ name: 'shop', url: '/srv/shop.git' });
    const { id: repositoryId } = await fixture.repositories.create(repository);
    const agent = { kind: 'COMMAND', command: ['true'] };
    const tasks = ['test', 'lint'].map((name) => ({
      title: `Task ${name}`,
      prompt: `Do ${name}`,
      agent,
      acceptance: [`${name} is good`],
      checks: [
        { name, command: [name] },
        { name: 'build', command: ['make'] },
      ],
    }));
    batch = await fixture.batches.create(CreateBatchRequest.fromPartial({ repositoryId, tasks }));
  });
  afterAll(() => fixture.close());

  function request(fields: Partial<CreateReconcileTaskRequest> = {}): CreateReconcileTaskRequest {
    return CreateReconcileTaskRequest.fromPartial({
      key: `${newId()}/AGENT`,
      repositoryId: batch.repositoryId,
      targetBranch: 'feature',
      baseCommit: 'b'.repeat(40),
      startCommit: START,
      inputs: batch.tasks.map(({ id, title, attempts }) => ({ taskId: id, title, attemptId: attempts[0]?.id ?? '' })),
      agent: { kind: 'COMMAND', command: ['weave'] },
      instructions: 'Keep both',
      ...fields,
    });
  }

  async function specOf(attemptId: string) {
    return fixture.specs.get({ owner: { kind: SandboxOwner_Kind.ATTEMPT, id: attemptId, fence: '0' } });
  }

  it('has the checks and criteria of all inputs, their intents, and begins with what merged', async () => {
    const made = await fixture.reconcileTasks.create(request());
    const spec = await specOf(made.attemptId);
    expect(spec).toMatchObject({
      taskId: made.taskId,
      title: 'Reconcile: Task test + Task lint',
      baseCommit: 'b'.repeat(40),
      resume: { commit: START, conversationId: '' },
      agent: { kind: 'COMMAND', command: ['weave'] },
      checks: [{ name: 'test' }, { name: 'build' }, { name: 'lint' }],
      sourceBranch: 'feature',
      // Its base is of another branch than the default one: nothing of its set-up is for others.
      trustedBase: false,
    });
    for (const text of ['Do test', 'Do lint', 'test is good', 'lint is good', 'Keep both'])
      expect(spec.prompt).toContain(text);
  });

  it('is made once for its key, and anew for another one', async () => {
    const asked = request();
    const [first, second] = await Promise.all([
      fixture.reconcileTasks.create(asked),
      fixture.reconcileTasks.create(asked),
    ]);
    // What the brief says may read otherwise the second time.
    const third = await fixture.reconcileTasks.create({ ...asked, failed: 'something' });
    expect([second, third]).toEqual([first, first]);
    expect(await fixture.reconcileTasks.create(request())).not.toEqual(first);
  });

  it('has nobody at work where all merged, and needs an agent elsewhere', async () => {
    const merge = await fixture.reconcileTasks.create(request({ mergeOnly: true, agent: undefined }));
    expect((await specOf(merge.attemptId)).agent).toMatchObject({ kind: 'COMMAND', command: ['true'] });
    const command = ['npm', 'install', '--package-lock-only'];
    const anew = await fixture.reconcileTasks.create(request({ command, key: `${newId()}/REGENERATE` }));
    expect((await specOf(anew.attemptId)).agent).toMatchObject({ kind: 'COMMAND', command });
    await expect(fixture.reconcileTasks.create(request({ agent: undefined }))).rejects.toMatchObject({
      reason: 'FIELD_INVALID',
    });
    const unknown = request({ inputs: request().inputs.map((input) => ({ ...input, taskId: newId() })) });
    await expect(fixture.reconcileTasks.create(unknown)).rejects.toMatchObject({ reason: 'TASK_NOT_FOUND' });
  });

  it('has the agent that the environment has by now, or the first that made an input, where nobody is named', async () => {
    const by = async (): Promise<string> => {
      const { attemptId } = await fixture.reconcileTasks.create(request({ agent: undefined }));
      return (await specOf(attemptId)).agent?.model ?? '';
    };
    await fixture.dataSource.query(
      `UPDATE tasks SET agent = agent || '{"kind":"CODEX","model":"big-1","command":[]}' WHERE id = $1`,
      [batch.tasks[1]?.id],
    );
    expect(await by()).toBe('big-1');
    const agent = { kind: 'CODEX', model: 'big-2' };
    await fixture.environments.update(
      UpdateEnvironmentRequest.fromPartial({ environment: { id: batch.environmentId, agent }, updateMask: ['agent'] }),
    );
    expect(await by()).toBe('big-2');
  });
});
