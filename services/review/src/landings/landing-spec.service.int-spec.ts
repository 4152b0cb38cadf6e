import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  CreateLandingRequest,
  EgressRequest,
  EnvironmentSecret_Kind,
  Landing_State,
  SandboxLimits,
  Verdict_Decision,
  type Landing,
} from '@heddle/contracts';
import { SandboxOwner_Kind, SandboxSecret } from '@heddle/contracts/internal';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject } from '../testing/sample-project.js';
import { LandingEntity } from './landing.entity.js';

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

await describeWith(['postgres', 'nats', 'temporal'], 'what a runner may know of a landing', (servers) => {
  let fixture: ReviewFixture;
  let project: SampleProject;
  beforeAll(async () => {
    const directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'));
    fixture.scheduler.checkNames = ['unit'];
    project = await SampleProject.create(fixture, join(directory, 'project'), { 'a.txt': '1\n' });
  });
  // A test that failed must not leave a check running, for which the runner's end would wait.
  let end: ((state: 'PASSED') => void) | undefined;
  afterAll(async () => {
    end?.('PASSED');
    await fixture.close();
  });

  async function enqueued(): Promise<Landing> {
    const change = await project.capture({ 'a.txt': '2\n' });
    fixture.scheduler.checked(change.attemptId, change.treeId, { unit: 'PASSED' });
    const { changeId, commit: headCommit } = change;
    const verdict = { requestId: '', changeId, verdict: Verdict_Decision.APPROVE, headCommit };
    await fixture.clients.changes.createVerdict({ ...verdict, reasonClass: '', comment: '' });
    return fixture.clients.landings.createLanding(CreateLandingRequest.fromPartial({ changeId }));
  }

  async function settled({ id }: Landing): Promise<Landing> {
    for (;;) {
      const now = await fixture.clients.landings.waitLanding({ id, timeout: { seconds: '20', nanos: 0 } });
      if (now.endTime !== undefined) return now;
    }
  }

  it('is the environment of its attempt, whose network is for the set-up only, while it is tested', async () => {
    const rule = (host: string) => ({ preset: '', host, ports: [], methods: [], pathPrefix: '' });
    const said = {
      environmentId: 'e1',
      limits: { ...SandboxLimits.create(), openFiles: 64 },
      setup: { script: 'npm ci', timeout: undefined, inputs: ['package-lock.json'] },
      cacheEpoch: '3',
      trustedBase: true,
    };
    const network = { setup: [rule('mirror.example')], agent: [rule('api.example')] };
    fixture.scheduler.environment = { ...said, network, keepDuration: { seconds: '60', nanos: 0 } };
    const kind = EnvironmentSecret_Kind.SETUP;
    const secret = { ...SandboxSecret.create(), kind, name: 'NPM_TOKEN', value: 'hush-hush' };
    fixture.scheduler.secrets.set('e1', [secret]);
    fixture.runner.judge = () => new Promise((resolve) => (end = resolve));

    const landing = await enqueued();
    while ((await fixture.clients.landings.getLanding({ id: landing.id })).state !== Landing_State.TESTING);
    while (end === undefined) await new Promise((resolve) => setImmediate(resolve));
    const { fence } = await fixture.dataSource.manager.findOneByOrFail(LandingEntity, { id: landing.id });
    const owner = { kind: SandboxOwner_Kind.LANDING, id: landing.id, fence };
    const { specs } = fixture.clients;
    expect(await specs.getSandboxSpec({ owner })).toMatchObject({
      ...said,
      network: { setup: network.setup, agent: [] },
      keepDuration: undefined,
    });
    expect(await specs.getSandboxSecrets({ owner })).toEqual({ secrets: [secret] });
    expect(await specs.recordEgress({ owner, requests: [EgressRequest.create()] })).toEqual({});
    const superseded = { reason: 'FENCE_SUPERSEDED' };
    await expect(specs.getSandboxSecrets({ owner: { ...owner, fence: '99' } })).rejects.toMatchObject(superseded);
    end('PASSED');
    expect((await settled(landing)).state).toBe('LANDED');
    await expect(specs.getSandboxSecrets({ owner })).rejects.toMatchObject(superseded);
  });
});
