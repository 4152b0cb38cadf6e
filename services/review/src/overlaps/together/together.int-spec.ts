import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  ListOverlapsRequest,
  OverlapPair_Level,
  OverlapPair_Together,
  UpdateReviewPolicyRequest,
  type OverlapPair,
} from '@heddle/contracts';
import type { CheckOutcome } from '@heddle/contracts/workflows';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { EvidenceConsumer } from '../../evidence/evidence.consumer.js';
import { reviewFixture, type ReviewFixture } from '../../testing/review-fixture.js';
import { SampleProject, type SampleChange } from '../../testing/sample-project.js';
import { TrialEntity } from '../../trials/trial.entity.js';
import { OverlapTests } from './overlap-tests.js';
import { askForPairs } from './together-rows.js';

const exec = promisify(execFile);

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

const LINES = Array.from({ length: 12 }, (_, index) => `line ${String(index + 1)}`);

/** The file with some of its lines, by number, as the edit has them. */
function schema(edit: Readonly<Record<number, string>> = {}): string {
  return `${LINES.map((line, index) => edit[index + 1] ?? line).join('\n')}\n`;
}

await describeWith(['postgres', 'nats', 'temporal'], 'two changes run together', (servers) => {
  let directory: string;
  let fixture: ReviewFixture;
  let project: SampleProject;
  let store: string;
  /** What a tree's file says of the check, by how often it was asked. */
  let judge: (text: string, time: number) => CheckOutcome['state'];

  beforeAll(async () => {
    directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'));
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    project = await SampleProject.create(fixture, join(directory, newId()), { 'schema.sql': schema() });
    store = join(directory, 'data', 'git', `${project.repositoryId}.git`);
    fixture.scheduler.checkNames = ['unit'];
    const times = new Map<string, number>();
    judge = () => 'PASSED';
    fixture.runner.judge = async (commit) => {
      const shown = await exec('git', ['--git-dir', store, '-c', 'safe.directory=*', 'show', `${commit}:schema.sql`]);
      times.set(commit, (times.get(commit) ?? 0) + 1);
      return judge(shown.stdout, times.get(commit) ?? 0);
    };
  });

  function allow(overlapTests: number): Promise<unknown> {
    const reviewPolicy = { repositoryId: project.repositoryId, overlapTests };
    return fixture.clients.policies.updateReviewPolicy(
      UpdateReviewPolicyRequest.fromPartial({ reviewPolicy, updateMask: ['overlap_tests'] }),
    );
  }

  /** A change of some lines whose attempt has ended, with its check. */
  async function change(
    edit: Readonly<Record<number, string>>,
    unit: 'PASSED' | 'FAILED' = 'PASSED',
    header: { attemptId?: string; number?: number } = {},
  ): Promise<SampleChange> {
    const made = await project.capture({ 'schema.sql': schema(edit) }, header);
    fixture.scheduler.checked(made.attemptId, made.treeId, { unit });
    await fixture.app.get(EvidenceConsumer).take({ data: { attempt: { id: made.attemptId, state: 'COMPLETED' } } });
    return made;
  }

  async function pairs(): Promise<OverlapPair[]> {
    for (;;) {
      const request = ListOverlapsRequest.fromPartial({ batchId: project.batchId });
      const answer = await fixture.clients.overlaps.listOverlaps(request);
      if (answer.pendingPairs === 0) return answer.pairs;
    }
  }

  /** The pairs, once as many as said are as said; the test's own time limit ends it. */
  async function until(together: OverlapPair_Together, count = 1): Promise<OverlapPair[]> {
    for (;;) {
      const found = await pairs();
      if (found.filter((pair) => pair.together === together).length === count) return found;
      await delay(50);
    }
  }

  const trials = (): Promise<TrialEntity[]> =>
    fixture.dataSource.manager.find(TrialEntity, { where: { batchId: project.batchId }, order: { id: 'ASC' } });
  const { FAILED, NOT_ASKED, NOT_RUN, PASSED, RUNNING } = OverlapPair_Together;

  it('are not, unless the policy says so', async () => {
    await change({ 1: 'ONE' });
    await change({ 12: 'TWELVE' });
    fixture.app.get(OverlapTests).poke();
    expect(await until(NOT_ASKED)).toMatchObject([{ level: OverlapPair_Level.RESOURCE, trialIds: [] }]);
    expect(await trials()).toEqual([]);
  });

  it('are at the level TEST where a check that passes on each alone fails twice on both', async () => {
    judge = (text) => (text.includes('ONE') && text.includes('TWELVE') ? 'FAILED' : 'PASSED');
    await allow(5);
    const one = await change({ 1: 'ONE' });
    const twelve = await change({ 12: 'TWELVE' });
    const [pair] = await until(FAILED);
    expect(pair).toMatchObject({
      level: OverlapPair_Level.TEST,
      evidence: [
        { level: OverlapPair_Level.TEST, check: 'unit', detail: expect.stringContaining('failed twice') },
        { level: OverlapPair_Level.RESOURCE, path: 'schema.sql', check: '' },
      ],
    });
    const ran = await trials();
    expect(ran.map(({ id, kind, priority }) => [id, kind, priority])).toEqual(
      pair?.trialIds.map((id) => [id, 'OVERLAP', 5]),
    );
    expect(ran).toHaveLength(2);
    const [parents] = await Promise.all(
      ran.map(({ commit }) => project.git(store, 'log', '-1', '--format=%P', commit)),
    );
    expect(parents?.split(' ').sort()).toEqual([one.commit, twelve.commit].sort());
    const told: { version: string }[] = await fixture.dataSource.query(
      `SELECT version FROM outbox WHERE type = 'overlap.detected' AND payload LIKE '%' || $1 || '%' ORDER BY version`,
      [one.attemptId],
    );
    expect(told.map(({ version }) => version)).toEqual(['1', '2']);
  });

  it('are noted as a pass, and nobody is accused by a check that fails now and then', async () => {
    judge = (text, time) => (text.includes('THREE') && time === 1 ? 'FAILED' : 'PASSED');
    await allow(5);
    await change({ 1: 'ONE' });
    await change({ 6: 'SIX' });
    expect(await until(PASSED)).toMatchObject([{ level: OverlapPair_Level.RESOURCE, trialIds: [expect.any(String)] }]);
    await change({ 12: 'THREE' });
    const found = await until(PASSED, 3);
    expect(found.map(({ level, trialIds }) => [level, trialIds.length])).toEqual(
      expect.arrayContaining([
        [OverlapPair_Level.RESOURCE, 1],
        [OverlapPair_Level.RESOURCE, 2],
      ]),
    );
  });

  it('keep to the budget of a batch, in which one that is not green by itself has no place', async () => {
    await allow(1);
    await change({ 1: 'ONE' }, 'FAILED');
    await change({ 6: 'SIX' });
    expect(await until(NOT_RUN)).toHaveLength(1);
    expect(await trials()).toEqual([]);
    await change({ 12: 'TWELVE' });
    const found = await until(PASSED);
    expect(await trials()).toHaveLength(1);
    expect(found.map(({ together }) => together).sort()).toEqual([NOT_RUN, NOT_RUN, PASSED]);
    await change({ 9: 'NINE' });
    await until(NOT_ASKED, 3);
    expect(await askForPairs(fixture.dataSource.manager)).toBe(0);
    expect(await trials()).toHaveLength(1);
  });

  it('begin anew with a new head; what runs of the old one is stopped', async () => {
    await allow(5);
    let waiting: (() => void) | undefined;
    const held = new Promise<void>((resolve) => {
      waiting = resolve;
    });
    const judged = fixture.runner.judge;
    fixture.runner.judge = async (...about) => {
      if (waiting === undefined) return judged(...about);
      waiting();
      waiting = undefined;
      return new Promise(() => undefined);
    };
    await change({ 1: 'ONE' });
    const moving = await change({ 12: 'TWELVE' });
    await held;
    await until(RUNNING);
    await change({ 11: 'ELEVEN' }, 'PASSED', { attemptId: moving.attemptId, number: 2 });
    expect(await until(PASSED)).toHaveLength(1);
    const [old, now] = await trials();
    // As if its pair had been another one for long enough to be sure.
    await fixture.dataSource.query(`UPDATE trials SET create_time = now() - interval '1 hour' WHERE id = $1`, [
      old?.id,
    ]);
    fixture.app.get(OverlapTests).poke();
    while ((await trials())[0]?.state !== 'CANCELLED') await delay(50);
    expect(now?.state).toBe('RAN');
  });

  it('go on over a restart of the service', async () => {
    await allow(5);
    let end: (() => void) | undefined;
    const began = new Promise<void>((resolve) => {
      fixture.runner.judge = () =>
        new Promise((answer) => {
          end = () => {
            answer('PASSED');
          };
          resolve();
        });
    });
    await change({ 1: 'ONE' });
    await change({ 12: 'TWELVE' });
    await began;
    await fixture.restart();
    end?.();
    expect(await until(PASSED)).toHaveLength(1);
    expect(await trials()).toHaveLength(1);
  });
});
