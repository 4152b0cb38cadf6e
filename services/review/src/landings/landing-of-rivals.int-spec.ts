import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CreateLandingRequest, Verdict_Decision, type Landing } from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject, type SampleChange } from '../testing/sample-project.js';

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

await describeWith(['postgres', 'nats', 'temporal'], 'landings of a task with several attempts', (servers) => {
  let fixture: ReviewFixture;
  let project: SampleProject;
  beforeAll(async () => {
    const directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'));
    fixture.scheduler.checkNames = ['unit'];
    project = await SampleProject.create(fixture, join(directory, newId()), { 'a.txt': '1\n' });
  });
  afterAll(() => fixture.close());

  async function approved(text: string, taskId: string, attemptNumber: number): Promise<SampleChange> {
    const change = await project.capture({ 'a.txt': text }, { taskId, attemptNumber });
    fixture.scheduler.checked(change.attemptId, change.treeId, { unit: 'PASSED' });
    const { changeId, commit: headCommit } = change;
    const verdict = { requestId: '', verdict: Verdict_Decision.APPROVE, reasonClass: '', comment: '' };
    await fixture.clients.changes.createVerdict({ changeId, headCommit, ...verdict });
    return change;
  }

  const enqueue = ({ changeId }: SampleChange, targetBranch = ''): Promise<Landing> =>
    fixture.clients.landings.createLanding(CreateLandingRequest.fromPartial({ changeId, targetBranch }));

  async function settled({ id }: Landing): Promise<Landing> {
    for (;;) {
      const now = await fixture.clients.landings.waitLanding({ id, timeout: { seconds: '20', nanos: 0 } });
      if (now.endTime !== undefined) return now;
    }
  }

  it('takes one attempt of a task, whichever is asked for first, and another one where that did not land', async () => {
    const taskId = newId();
    const rivals = [await approved('one\n', taskId, 1), await approved('two\n', taskId, 2)];
    let judge: () => void = () => undefined;
    const asking = new Promise<void>((resolve) => (judge = resolve));
    // The branch alone is green, or nobody would be held responsible.
    fixture.runner.judge = (commit) => asking.then(() => (commit === project.base ? 'PASSED' : 'FAILED'));
    const asked = await Promise.allSettled(rivals.map((change) => enqueue(change)));
    judge();
    expect(asked.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = asked.findIndex(({ status }) => status === 'rejected');
    const [first, second] = [rivals[1 - refused], rivals[refused]] as [SampleChange, SampleChange];
    expect((asked[refused] as PromiseRejectedResult).reason).toMatchObject({
      reason: 'LANDING_EXISTS',
      metadata: { attemptId: first.attemptId },
    });
    expect(await settled((asked[1 - refused] as PromiseFulfilledResult<Landing>).value)).toMatchObject({
      state: 'EJECTED',
    });
    fixture.runner.judge = () => Promise.resolve('PASSED');
    expect(await settled(await enqueue(second))).toMatchObject({ state: 'LANDED' });
    await expect(enqueue(first)).rejects.toMatchObject({
      reason: 'ALREADY_LANDED',
      message: expect.stringContaining(`Another attempt of the task, ${second.attemptId}`),
    });
    await project.git(project.path, 'branch', 'other', project.base);
    expect(await settled(await enqueue(first, 'other'))).toMatchObject({ state: 'LANDED' });
  });
});
