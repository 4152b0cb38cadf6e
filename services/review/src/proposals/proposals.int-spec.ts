import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Landing_Delivery, Landing_State, ListLandingQueuesRequest, type Landing } from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories, type GiteaUser } from '@heddle/testing';
import { LandingEntity } from '../landings/landing.entity.js';
import { GiteaProject } from '../testing/gitea-project.js';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject } from '../testing/sample-project.js';

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

await describeWith(['postgres', 'nats', 'temporal', 'gitea'], 'landings by pull request at a Gitea', (servers) => {
  let directory: string;
  let fixture: ReviewFixture;
  let owner: GiteaUser;
  let forge: GiteaProject;

  beforeAll(async () => {
    directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'), { HEDDLE_REPOSITORY_HOSTS: '127.0.0.1' });
    owner = await servers.gitea.user();
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    fixture.scheduler.checkNames = ['unit'];
    fixture.runner.judge = () => Promise.resolve('PASSED');
    forge = await GiteaProject.create(fixture, servers.gitea, owner, join(directory, newId()));
  });

  const opened = async (landing: Landing): Promise<Landing> => {
    const now = await forge.proposed(landing);
    expect(now).toMatchObject({ state: 'PROPOSED', reason: '', message: '' });
    return now;
  };

  it('propose what was tested from a branch of their own, and land when the forge has merged it', async () => {
    const change = await forge.approved({ 'a.txt': '1\nA\n3\n' });
    const landing = await opened(await forge.enqueue(change));
    expect(landing.delivery).toBe(Landing_Delivery.PULL_REQUEST);
    expect(landing.endTime).toBeUndefined();
    expect(landing.landedCommit).toBeUndefined();
    const request = await forge.pull(landing);
    expect(request).toMatchObject({
      state: 'open',
      title: 'Sample task',
      body: expect.stringContaining('unit: PASSED'),
      head: { ref: `heddle/${landing.id}`, sha: landing.pullRequest?.headCommit },
      base: { ref: 'trunk' },
    });
    expect(fixture.runner.tested).toContain(request.head.sha);
    expect(landing.pullRequest?.url).toBe(
      `${servers.gitea.url}/${owner.name}/${forge.name}/pulls/${String(request.number)}`,
    );
    expect(await forge.fetched()).toBe(forge.sample.base);
    await expect(forge.enqueue(change)).rejects.toMatchObject({ reason: 'LANDING_EXISTS' });

    await forge.merge(landing, 'merge');
    const landed = await forge.settled(landing);
    expect(landed).toMatchObject({ state: 'LANDED', reason: '', landedCommit: await forge.fetched() });
    await expect(forge.enqueue(change)).rejects.toMatchObject({ reason: 'ALREADY_LANDED' });
  });

  it('are as they were tested when the forge squashes them, and are taken back by another request', async () => {
    const landing = await opened(await forge.enqueue(await forge.approved({ 'a.txt': '1\nA\n3\n' })));
    await forge.merge(landing, 'squash');
    const landed = await forge.settled(landing);
    expect(landed).toMatchObject({ state: 'LANDED', reason: '', landedCommit: await forge.fetched() });
    expect(landed.landedCommit).not.toBe(landing.pullRequest?.headCommit);

    const revert = await fixture.clients.landings.revertLanding({ requestId: '', id: landing.id, priority: 0 });
    const back = await opened(revert);
    expect(back.delivery).toBe(Landing_Delivery.PULL_REQUEST);
    await forge.merge(back, 'merge');
    expect(await forge.settled(back)).toMatchObject({ state: 'LANDED', reason: '' });
    await forge.fetched();
    expect(await forge.sample.git(forge.sample.path, 'show', 'forge:a.txt')).toBe('1\n2\n3');
    expect((await forge.get(landing)).revertedByLandingId).toBe(back.id);
  });

  it('say so when what landed is not what was tested, and give back only their own', async () => {
    const landing = await opened(await forge.enqueue(await forge.approved({ 'a.txt': '1\nA\n3\n' })));
    await forge.owner.api('POST', forge.repository('/contents/other.txt'), {
      content: Buffer.from('x\n').toString('base64'),
      message: 'behind our back',
      branch: 'trunk',
    });
    await forge.merge(landing, 'merge');
    const landed = await forge.settled(landing);
    expect(landed).toMatchObject({
      state: 'LANDED',
      reason: 'LANDED_OTHER_TREE',
      landedCommit: await forge.fetched(),
    });
    const checked = await forge.followed(landing, ({ message }) => message.includes('that ran on it'));
    expect(checked).toMatchObject({ message: expect.stringContaining('passed'), checks: [{ state: 'PASSED' }] });
    expect(fixture.runner.tested).toContain(landed.landedCommit);
    const back = await opened(
      await fixture.clients.landings.revertLanding({ requestId: '', id: landing.id, priority: 0 }),
    );
    await forge.merge(back, 'merge');
    await forge.settled(back);
    await forge.fetched();
    expect(await forge.sample.git(forge.sample.path, 'show', 'forge:a.txt')).toBe('1\n2\n3');
    expect(await forge.sample.git(forge.sample.path, 'show', 'forge:other.txt')).toBe('x');
  });

  it('end when somebody closes the request, and may come again', async () => {
    const change = await forge.approved({ 'a.txt': '1\nA\n3\n' });
    const landing = await opened(await forge.enqueue(change));
    await forge.owner.api('PATCH', forge.repository(`/pulls/${String(landing.pullRequest?.number)}`), {
      state: 'closed',
    });
    expect(await forge.settled(landing)).toMatchObject({ state: 'EJECTED', reason: 'PULL_REQUEST_CLOSED' });
    const again = await opened(await forge.enqueue(change));
    expect(again.pullRequest?.number).not.toBe(landing.pullRequest?.number);
  });

  it('are taken out by closing the request, unless it was merged before', async () => {
    const landing = await opened(await forge.enqueue(await forge.approved({ 'a.txt': '1\nA\n3\n' })));
    const eject = (id: string) => fixture.clients.landings.ejectLanding({ requestId: '', id });
    await eject(landing.id);
    expect(await forge.settled(landing)).toMatchObject({ state: 'EJECTED', reason: 'EJECTED_BY_USER' });
    expect((await forge.pull(landing)).state).toBe('closed');

    const faster = await opened(await forge.enqueue(await forge.approved({ 'b.txt': 'B\n' })));
    await forge.merge(faster, 'merge');
    await eject(faster.id);
    expect(await forge.settled(faster)).toMatchObject({ state: 'LANDED', landedCommit: await forge.fetched() });
  });

  it('open one request, however often the answer was lost', async () => {
    const landing = await opened(await forge.enqueue(await forge.approved({ 'a.txt': '1\nA\n3\n' })));
    // As a process that died between the forge's answer and the row leaves it.
    await fixture.dataSource.manager.update(
      LandingEntity,
      { id: landing.id },
      { state: 'PUSHING', pullRequest: null, dispatchedAt: null },
    );
    const again = await opened(landing);
    expect(again.pullRequest).toEqual(landing.pullRequest);
    expect(await forge.owner.api('GET', forge.repository('/pulls?state=all'))).toHaveLength(1);
  });

  it('hold up nobody, and nothing is merged onto them', async () => {
    const { repositoryId } = forge.sample;
    await forge.settled(await forge.enqueue(await forge.approved({ 'c.txt': 'c\n' }), Landing_Delivery.PUSH));
    const { queues } = await fixture.clients.queues.listLandingQueues(
      ListLandingQueuesRequest.fromPartial({ repositoryId, branch: 'trunk' }),
    );
    const queue = { requestId: '', id: queues[0]?.id ?? '' };
    // So that both wait when the next test is planned.
    await fixture.clients.queues.pauseLandingQueue({ ...queue, message: '' });
    const first = await forge.enqueue(await forge.approved({ 'a.txt': '1\nA\n3\n' }));
    const second = await forge.enqueue(await forge.approved({ 'b.txt': 'B\n' }), Landing_Delivery.PUSH);
    await fixture.clients.queues.resumeLandingQueue(queue);
    expect(await forge.settled(second)).toMatchObject({ state: 'LANDED', landedCommit: await forge.fetched() });
    await opened(first);
    expect(await forge.sample.git(forge.sample.path, 'show', 'forge:a.txt')).toBe('1\n2\n3');
  });

  it('are over when the forge refuses', async () => {
    const landing = await forge.enqueue(await forge.approved({ 'a.txt': '1\nA\n3\n' }), Landing_Delivery.PULL_REQUEST);
    await opened(landing);
    const stranger = await servers.gitea.user();
    const other = await forge.approved({ 'b.txt': 'B\n' });
    // Readable, so that only the request itself is refused.
    await forge.owner.api('PATCH', forge.repository(''), { private: false });
    forge.useToken(stranger.token);
    expect(await forge.proposed(await forge.enqueue(other))).toMatchObject({
      state: 'EJECTED',
      reason: 'TARGET_REJECTED',
    });
    expect((await forge.get(landing)).state).toBe(Landing_State.PROPOSED);
  });

  it('need a forge', async () => {
    const project = await SampleProject.create(fixture, join(directory, newId()), { 'a.txt': '1\n' });
    const change = await forge.approved({ 'a.txt': '2\n' }, project);
    await expect(forge.enqueue(change)).rejects.toMatchObject({ reason: 'NO_FORGE' });
    expect(await forge.settled(await forge.enqueue(change, Landing_Delivery.PUSH))).toMatchObject({ state: 'LANDED' });
  });
});
