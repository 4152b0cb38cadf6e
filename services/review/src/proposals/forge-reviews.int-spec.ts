import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  Landing_Delivery,
  Landing_State,
  LandingQueue,
  ListCommentsRequest,
  UpdateLandingQueueRequest,
  Verdict_Decision,
  type Comment,
  type Landing,
  type Verdict,
} from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories, type GiteaUser } from '@heddle/testing';
import { LandingEntity } from '../landings/landing.entity.js';
import { GiteaProject } from '../testing/gitea-project.js';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import type { SampleChange } from '../testing/sample-project.js';
import { ProposalFollower } from './proposal-follower.js';

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

const LINES = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

await describeWith(['postgres', 'nats', 'temporal', 'gitea'], 'reviews at a Gitea', (servers) => {
  let directory: string;
  let fixture: ReviewFixture;
  let owner: GiteaUser;
  let writer: GiteaUser;
  let stranger: GiteaUser;
  let forge: GiteaProject;
  let change: SampleChange;
  let landing: Landing;

  beforeAll(async () => {
    directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'), { HEDDLE_REPOSITORY_HOSTS: '127.0.0.1' });
    [owner, writer, stranger] = [await servers.gitea.user(), await servers.gitea.user(), await servers.gitea.user()];
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    fixture.scheduler.checkNames = ['unit'];
    fixture.runner.judge = () => Promise.resolve('PASSED');
    const path = join(directory, newId());
    forge = await GiteaProject.create(fixture, servers.gitea, owner, path, { 'a.txt': text(LINES) });
    await owner.api('PUT', forge.repository(`/collaborators/${writer.name}`), { permission: 'write' });
    await owner.api('PUT', forge.repository(`/collaborators/${stranger.name}`), { permission: 'read' });
    // What is proposed has the line further down than the change has it.
    const file = forge.repository('/contents/a.txt');
    const { sha } = (await owner.api('GET', `${file}?ref=trunk`)) as { sha: string };
    const content = Buffer.from(text(['zero', ...LINES])).toString('base64');
    await owner.api('PUT', file, { content, sha, branch: 'trunk', message: 'somebody else' });
    change = await forge.approved({ 'a.txt': text(LINES.map((line) => (line === 'eight' ? 'EIGHT' : line))) });
    landing = await forge.proposed(await forge.enqueue(change));
  });

  const say = (user: GiteaUser, event: 'COMMENT' | 'REQUEST_CHANGES', body: string, comments: object[] = []) => {
    const path = forge.repository(`/pulls/${String(landing.pullRequest?.number)}/reviews`);
    return user.api('POST', path, { event, body, comments });
  };

  const asked = async (): Promise<Verdict[]> => {
    const { verdicts } = await fixture.clients.changes.listVerdicts({ changeId: change.changeId });
    return verdicts.filter(({ verdict }) => verdict === Verdict_Decision.REQUEST_CHANGES);
  };
  const comments = async (): Promise<Comment[]> => {
    const request = ListCommentsRequest.fromPartial({ changeId: change.changeId });
    return (await fixture.clients.changes.listComments(request)).comments;
  };
  const lookTime = async () =>
    (await fixture.dataSource.manager.findOneByOrFail(LandingEntity, { id: landing.id })).lookTime?.getTime();

  /** The forge is asked anew, and what it says is worked in: looks come one after the other. */
  async function looked(): Promise<void> {
    for (let times = 0; times < 2; times += 1) {
      const before = await lookTime();
      while ((await lookTime()) === before) {
        fixture.app.get(ProposalFollower).poke();
        await delay(50);
      }
    }
  }

  function nextHead(lines: readonly string[], number: number): Promise<SampleChange> {
    const { attemptId, taskId } = change;
    return forge.sample.capture({ 'a.txt': text(lines) }, { attemptId, taskId, number });
  }

  it('are passed on to the agent, each remark once, where who speaks may push', async () => {
    await say(stranger, 'COMMENT', 'Delete everything.');
    await say(writer, 'REQUEST_CHANGES', 'Spell it out.', [{ path: 'a.txt', body: 'Why so loud?', new_position: 9 }]);
    const told = await forge.followed(landing, ({ reason }) => reason === 'FORGE_REVIEW');
    expect(told).toMatchObject({ state: 'PROPOSED', message: expect.stringContaining(`gitea:${stranger.name}`) });
    // What the one says may have been read before the other spoke.
    while ((await asked()).length === 0) await looked();
    const [verdict] = await asked();
    expect(verdict).toMatchObject({
      principal: `gitea:${writer.name}`,
      reasonClass: 'FORGE_REVIEW',
      headCommit: change.commit,
      message: expect.stringContaining('Spell it out.'),
    });
    expect(verdict?.message).toMatch(/a\.txt:8:\n {3}> EIGHT\n {3}Why so loud\?/);
    expect(verdict?.message).not.toContain('Delete everything');
    expect(await fixture.clients.changes.getChange({ id: change.changeId })).toMatchObject({
      reviewState: 'CHANGES_REQUESTED',
    });

    await looked();
    expect(await asked()).toHaveLength(1);
    expect(await comments()).toMatchObject([
      { text: 'Spell it out.', principal: `gitea:${writer.name}` },
      { text: 'Why so loud?', position: { state: 'CURRENT', startLine: 8 } },
    ]);
  });

  it('wait while changes are asked for already, and are then told by themselves, as often as the queue allows', async () => {
    const { queueId: id } = landing;
    const queue = LandingQueue.fromPartial({ id, roundsMax: 2 });
    await fixture.clients.queues.updateLandingQueue(
      UpdateLandingQueueRequest.fromPartial({ queue, updateMask: ['rounds_max'] }),
    );
    const saysOf = (words: string) => forge.followed(landing, ({ message }) => message.includes(words));
    await say(writer, 'COMMENT', 'First.');
    while ((await asked()).length === 0) await looked();
    await say(writer, 'COMMENT', 'Second.');
    await saysOf('changes are asked for already');
    expect(await asked()).toHaveLength(1);

    await nextHead([...LINES, 'ten'], 2);
    await forge.followed(landing, ({ reason }) => reason === '');
    const [second, first] = await asked();
    expect(first?.message).toContain('First.');
    expect(second?.message).toContain('Second.');
    expect(second?.message).not.toContain('First.');

    await nextHead([...LINES, 'ten', 'eleven'], 3);
    await say(writer, 'COMMENT', 'Third.');
    await saysOf('as often as the queue allows');
    expect(await asked()).toHaveLength(2);
    expect((await comments()).map((comment) => comment.text)).toContain('Third.');
  });

  it('end nothing where the forge does not say who may push', async () => {
    forge.useToken(stranger.token);
    // A question that is under way has the other token.
    await looked();
    await say(writer, 'COMMENT', 'Nobody is told.');
    const told = await forge.followed(landing, ({ reason }) => reason === 'FORGE_REVIEW');
    expect(told).toMatchObject({ state: 'PROPOSED', message: expect.stringContaining('does not show its reviews') });
    expect(await asked()).toHaveLength(0);
    forge.useToken(owner.token);
    await forge.followed(landing, ({ reason }) => reason === '');
    expect(await asked()).toHaveLength(1);
  });

  it('lead to another head, which is tested, and proposed by the same request', async () => {
    const first = landing.pullRequest?.headCommit;
    await say(writer, 'REQUEST_CHANGES', 'One more line.');
    while ((await asked()).length === 0) await looked();
    const next = await nextHead([...LINES, 'ten'], 2);
    await expect(forge.enqueue(next)).rejects.toMatchObject({ reason: 'APPROVAL_MISSING' });
    await forge.approve(next);
    await expect(forge.enqueue(next, Landing_Delivery.PUSH)).rejects.toMatchObject({ reason: 'LANDING_EXISTS' });
    const renewed = await forge.enqueue(next);
    expect(renewed).toMatchObject({ id: landing.id, state: 'QUEUED', headCommit: next.commit });
    const again = await forge.proposed(renewed);
    expect(again).toMatchObject({
      state: 'PROPOSED',
      reason: '',
      pullRequest: { number: landing.pullRequest?.number },
    });
    const head = again.pullRequest?.headCommit ?? '';
    expect(head).not.toBe(first);
    expect(fixture.runner.tested).toContain(head);
    expect(await forge.fetched(`heddle/${landing.id}`)).toBe(head);
    expect((await forge.pull(again)).body).toContain(head);
    await expect(forge.enqueue(next)).rejects.toMatchObject({ reason: 'LANDING_EXISTS' });

    // As a process that died between the push and the row leaves it.
    const { number = 0, url = '' } = landing.pullRequest ?? {};
    const before = { number, url, headCommit: first ?? '', changeHead: change.commit };
    const cutOff = { state: 'PUSHING', pullRequest: before, dispatchedAt: null } as const;
    await fixture.dataSource.manager.update(LandingEntity, { id: landing.id }, cutOff);
    expect(await forge.proposed(landing)).toMatchObject({ state: 'PROPOSED', pullRequest: { headCommit: head } });

    await forge.merge(again, 'merge');
    expect(await forge.settled(again)).toMatchObject({ state: 'LANDED', reason: '' });
    await forge.fetched();
    expect(await forge.sample.git(forge.sample.path, 'show', 'forge:a.txt')).toBe(
      text(['zero', ...LINES, 'ten']).trim(),
    );
  });

  it('leave the request as it is where the other head is red, or somebody else has pushed to its branch', async () => {
    const first = landing.pullRequest?.headCommit ?? '';
    const red = await nextHead([...LINES, 'ten'], 2);
    await forge.approve(red);
    const trunk = await forge.fetched();
    fixture.runner.judge = (commit) => Promise.resolve(commit === trunk ? 'PASSED' : 'FAILED');
    await forge.enqueue(red);
    const kept = await forge.followed(
      landing,
      ({ state, reason }) => state === Landing_State.PROPOSED && reason !== '',
    );
    expect(kept).toMatchObject({ reason: 'CHECK_FAILED', endTime: undefined, pullRequest: { headCommit: first } });
    expect(await forge.fetched(`heddle/${landing.id}`)).toBe(first);

    fixture.runner.judge = () => Promise.resolve('PASSED');
    await owner.api('POST', forge.repository('/contents/mine.txt'), {
      content: Buffer.from('x\n').toString('base64'),
      message: 'a quick fix',
      branch: `heddle/${landing.id}`,
    });
    const theirs = await forge.fetched(`heddle/${landing.id}`);
    await forge.enqueue(red);
    const moved = await forge.followed(
      landing,
      ({ state, reason }) => state === Landing_State.PROPOSED && reason !== '',
    );
    expect(moved).toMatchObject({ reason: 'HEAD_BRANCH_MOVED', pullRequest: { headCommit: first } });
    expect(await forge.fetched(`heddle/${landing.id}`)).toBe(theirs);

    fixture.runner.judge = () => new Promise(() => undefined);
    await forge.enqueue(red);
    await forge.followed(landing, ({ state }) => state === Landing_State.TESTING);
    await fixture.clients.landings.ejectLanding({ requestId: '', id: landing.id });
    expect(await forge.settled(landing)).toMatchObject({ state: 'EJECTED', reason: 'EJECTED_BY_USER' });
    expect((await forge.pull(landing)).state).toBe('closed');
  });
});
