import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  CreateLandingRequest,
  Landing_Delivery,
  Landing_State,
  ListLandingQueuesRequest,
  Verdict_Decision,
  type Landing,
} from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories, type GiteaUser } from '@heddle/testing';
import { LandingEntity } from '../landings/landing.entity.js';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject, type Edits, type SampleChange } from '../testing/sample-project.js';
import { ProposalFollower } from './proposal-follower.js';

const exec = promisify(execFile);

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

const ON_THE_WAY: ReadonlySet<Landing_State> = new Set([
  Landing_State.QUEUED,
  Landing_State.TESTING,
  Landing_State.PUSHING,
]);

interface PullRequest {
  readonly number: number;
  readonly state: string;
  readonly title: string;
  readonly body: string;
  readonly head: { readonly ref: string; readonly sha: string };
  readonly base: { readonly ref: string };
}

await describeWith(['postgres', 'nats', 'temporal', 'gitea'], 'landings by pull request at a Gitea', (servers) => {
  let directory: string;
  let fixture: ReviewFixture;
  let project: SampleProject;
  let owner: GiteaUser;
  let name: string;
  const credentialId = newId();

  beforeAll(async () => {
    directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'), { HEDDLE_REPOSITORY_HOSTS: '127.0.0.1' });
    owner = await servers.gitea.user();
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    fixture.scheduler.checkNames = ['unit'];
    fixture.runner.judge = () => Promise.resolve('PASSED');
    useToken(owner.token);
    name = `shop-${newId()}`;
    project = await SampleProject.create(
      fixture,
      join(directory, newId()),
      { 'a.txt': '1\n2\n3\n', 'b.txt': 'b\n' },
      { publish },
    );
  });

  function useToken(value: string): void {
    const credential = { id: credentialId, provider: 'GITEA', baseUrl: servers.gitea.url, value };
    fixture.scheduler.gitCredentials.set(credentialId, credential);
  }

  const url = () => `${servers.gitea.url}/${owner.name}/${name}.git`;
  const repository = (below: string) => `/repos/${owner.name}/${name}${below}`;
  const asOwner = () => {
    const basic = Buffer.from(`x:${owner.token}`).toString('base64');
    return ['-c', `http.extraHeader=Authorization: Basic ${basic}`];
  };

  async function publish(path: string) {
    await owner.api('POST', '/user/repos', { name, default_branch: 'trunk', private: true });
    await gitAsOwner(path, 'push', '-q', url(), 'refs/heads/trunk:refs/heads/trunk');
    // The forge takes in what was pushed in its own time; in what it thinks empty it knows no pull requests.
    while (((await owner.api('GET', repository(''))) as { empty: boolean }).empty) await delay(50);
    return { url: url(), credentialId };
  }

  const gitAsOwner = (cwd: string, ...args: string[]) =>
    exec('git', ['-c', 'safe.directory=*', ...asOwner(), ...args], { cwd });

  async function approved(edits: Edits): Promise<SampleChange> {
    const change = await project.capture(edits);
    fixture.scheduler.checked(change.attemptId, change.treeId, { unit: 'PASSED' });
    await fixture.clients.changes.createVerdict({
      requestId: '',
      changeId: change.changeId,
      verdict: Verdict_Decision.APPROVE,
      headCommit: change.commit,
      reasonClass: '',
      comment: '',
    });
    return change;
  }

  const enqueue = (change: SampleChange, delivery = Landing_Delivery.PULL_REQUEST): Promise<Landing> =>
    fixture.clients.landings.createLanding(CreateLandingRequest.fromPartial({ changeId: change.changeId, delivery }));
  const get = (landing: Landing) => fixture.clients.landings.getLanding({ id: landing.id });

  /** Has the forge asked until the landing is as it should be; what never comes ends by the test's time limit. */
  async function followed(landing: Landing, isThere: (now: Landing) => boolean): Promise<Landing> {
    for (;;) {
      const now = await get(landing);
      if (isThere(now)) return now;
      fixture.app.get(ProposalFollower).poke();
      await delay(50);
    }
  }

  const proposed = (landing: Landing) => followed(landing, ({ state }) => !ON_THE_WAY.has(state));
  const opened = async (landing: Landing): Promise<Landing> => {
    const now = await proposed(landing);
    expect(now).toMatchObject({ state: 'PROPOSED', reason: '', message: '' });
    return now;
  };
  const settled = (landing: Landing) => followed(landing, ({ endTime }) => endTime !== undefined);
  const pull = async ({ pullRequest }: Landing) =>
    (await owner.api('GET', repository(`/pulls/${String(pullRequest?.number)}`))) as PullRequest;

  /** The forge finds out in its own time whether a request can be merged. */
  async function merge({ pullRequest }: Landing, how: 'merge' | 'squash' | 'rebase'): Promise<void> {
    for (;;) {
      try {
        await owner.api('POST', repository(`/pulls/${String(pullRequest?.number)}/merge`), { Do: how });
        return;
      } catch (error) {
        if (!String(error).includes('try again later')) throw error;
        await delay(50);
      }
    }
  }

  const fetched = async (): Promise<string> => {
    await gitAsOwner(project.path, 'fetch', '-q', url(), '+refs/heads/trunk:refs/heads/forge');
    return project.tip('forge');
  };

  it('propose what was tested from a branch of their own, and land when the forge has merged it', async () => {
    const change = await approved({ 'a.txt': '1\nA\n3\n' });
    const landing = await opened(await enqueue(change));
    expect(landing.delivery).toBe(Landing_Delivery.PULL_REQUEST);
    expect(landing.endTime).toBeUndefined();
    expect(landing.landedCommit).toBeUndefined();
    const request = await pull(landing);
    expect(request).toMatchObject({
      state: 'open',
      title: 'Sample task',
      body: expect.stringContaining('unit: PASSED'),
      head: { ref: `heddle/${landing.id}`, sha: landing.pullRequest?.headCommit },
      base: { ref: 'trunk' },
    });
    expect(fixture.runner.tested).toContain(request.head.sha);
    expect(landing.pullRequest?.url).toBe(`${servers.gitea.url}/${owner.name}/${name}/pulls/${String(request.number)}`);
    expect(await fetched()).toBe(project.base);
    await expect(enqueue(change)).rejects.toMatchObject({ reason: 'LANDING_EXISTS' });

    await merge(landing, 'merge');
    const landed = await settled(landing);
    expect(landed).toMatchObject({ state: 'LANDED', reason: '', landedCommit: await fetched() });
    await expect(enqueue(change)).rejects.toMatchObject({ reason: 'ALREADY_LANDED' });
  });

  it('are as they were tested when the forge squashes them, and are taken back by another request', async () => {
    const landing = await opened(await enqueue(await approved({ 'a.txt': '1\nA\n3\n' })));
    await merge(landing, 'squash');
    const landed = await settled(landing);
    expect(landed).toMatchObject({ state: 'LANDED', reason: '', landedCommit: await fetched() });
    expect(landed.landedCommit).not.toBe(landing.pullRequest?.headCommit);

    const revert = await fixture.clients.landings.revertLanding({ requestId: '', id: landing.id, priority: 0 });
    const back = await opened(revert);
    expect(back.delivery).toBe(Landing_Delivery.PULL_REQUEST);
    await merge(back, 'merge');
    expect(await settled(back)).toMatchObject({ state: 'LANDED', reason: '' });
    await fetched();
    expect(await project.git(project.path, 'show', 'forge:a.txt')).toBe('1\n2\n3');
    expect((await get(landing)).revertedByLandingId).toBe(back.id);
  });

  it('say so when what landed is not what was tested, and give back only their own', async () => {
    const landing = await opened(await enqueue(await approved({ 'a.txt': '1\nA\n3\n' })));
    await owner.api('POST', repository('/contents/other.txt'), {
      content: Buffer.from('x\n').toString('base64'),
      message: 'behind our back',
      branch: 'trunk',
    });
    await merge(landing, 'merge');
    const landed = await settled(landing);
    expect(landed).toMatchObject({
      state: 'LANDED',
      reason: 'LANDED_OTHER_TREE',
      landedCommit: await fetched(),
    });
    const checked = await followed(landing, ({ message }) => message.includes('that ran on it'));
    expect(checked).toMatchObject({ message: expect.stringContaining('passed'), checks: [{ state: 'PASSED' }] });
    expect(fixture.runner.tested).toContain(landed.landedCommit);
    const back = await opened(
      await fixture.clients.landings.revertLanding({ requestId: '', id: landing.id, priority: 0 }),
    );
    await merge(back, 'merge');
    await settled(back);
    await fetched();
    expect(await project.git(project.path, 'show', 'forge:a.txt')).toBe('1\n2\n3');
    expect(await project.git(project.path, 'show', 'forge:other.txt')).toBe('x');
  });

  it('end when somebody closes the request, and may come again', async () => {
    const change = await approved({ 'a.txt': '1\nA\n3\n' });
    const landing = await opened(await enqueue(change));
    await owner.api('PATCH', repository(`/pulls/${String(landing.pullRequest?.number)}`), { state: 'closed' });
    expect(await settled(landing)).toMatchObject({ state: 'EJECTED', reason: 'PULL_REQUEST_CLOSED' });
    const again = await opened(await enqueue(change));
    expect(again.pullRequest?.number).not.toBe(landing.pullRequest?.number);
  });

  it('are taken out by closing the request, unless it was merged before', async () => {
    const landing = await opened(await enqueue(await approved({ 'a.txt': '1\nA\n3\n' })));
    const eject = (id: string) => fixture.clients.landings.ejectLanding({ requestId: '', id });
    await eject(landing.id);
    expect(await settled(landing)).toMatchObject({ state: 'EJECTED', reason: 'EJECTED_BY_USER' });
    expect((await pull(landing)).state).toBe('closed');

    const faster = await opened(await enqueue(await approved({ 'b.txt': 'B\n' })));
    await merge(faster, 'merge');
    await eject(faster.id);
    expect(await settled(faster)).toMatchObject({ state: 'LANDED', landedCommit: await fetched() });
  });

  it('open one request, however often the answer was lost', async () => {
    const landing = await opened(await enqueue(await approved({ 'a.txt': '1\nA\n3\n' })));
    // As a process that died between the forge's answer and the row leaves it.
    await fixture.dataSource.manager.update(
      LandingEntity,
      { id: landing.id },
      { state: 'PUSHING', pullRequest: null, dispatchedAt: null },
    );
    const again = await opened(landing);
    expect(again.pullRequest).toEqual(landing.pullRequest);
    expect(await owner.api('GET', repository('/pulls?state=all'))).toHaveLength(1);
  });

  it('hold up nobody, and nothing is merged onto them', async () => {
    const { repositoryId } = project;
    await settled(await enqueue(await approved({ 'c.txt': 'c\n' }), Landing_Delivery.PUSH));
    const { queues } = await fixture.clients.queues.listLandingQueues(
      ListLandingQueuesRequest.fromPartial({ repositoryId, branch: 'trunk' }),
    );
    const queue = { requestId: '', id: queues[0]?.id ?? '' };
    // So that both wait when the next test is planned.
    await fixture.clients.queues.pauseLandingQueue({ ...queue, message: '' });
    const first = await enqueue(await approved({ 'a.txt': '1\nA\n3\n' }));
    const second = await enqueue(await approved({ 'b.txt': 'B\n' }), Landing_Delivery.PUSH);
    await fixture.clients.queues.resumeLandingQueue(queue);
    expect(await settled(second)).toMatchObject({ state: 'LANDED', landedCommit: await fetched() });
    await opened(first);
    expect(await project.git(project.path, 'show', 'forge:a.txt')).toBe('1\n2\n3');
  });

  it('are over when the forge refuses', async () => {
    const landing = await enqueue(await approved({ 'a.txt': '1\nA\n3\n' }), Landing_Delivery.PULL_REQUEST);
    await opened(landing);
    const stranger = await servers.gitea.user();
    const other = await approved({ 'b.txt': 'B\n' });
    // Readable, so that only the request itself is refused.
    await owner.api('PATCH', repository(''), { private: false });
    useToken(stranger.token);
    expect(await proposed(await enqueue(other))).toMatchObject({ state: 'EJECTED', reason: 'TARGET_REJECTED' });
    expect((await get(landing)).state).toBe(Landing_State.PROPOSED);
  });

  it('need a forge', async () => {
    project = await SampleProject.create(fixture, join(directory, newId()), { 'a.txt': '1\n' });
    const change = await approved({ 'a.txt': '2\n' });
    await expect(enqueue(change)).rejects.toMatchObject({ reason: 'NO_FORGE' });
    expect(await settled(await enqueue(change, Landing_Delivery.PUSH))).toMatchObject({ state: 'LANDED' });
  });
});
