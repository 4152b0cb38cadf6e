import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Landing, Repository } from '@heddle/sdk';
import { PatientDoor } from '../support/doors/patient-door.js';
import { eventually } from '../support/bounds.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { usePlatform, type ProcessName } from '../support/platform/use-platform.js';
import { bashTask, gated } from '../support/work/agents.js';
import { EventRecorder } from '../support/work/event-reader.js';
import { anythingOf, openGate, waitingAt } from '../support/work/gates.js';
import { attemptsOf, batchEnded, createBatch, landingSettled, registerRepository } from '../support/work/launch.js';
import { countedFrom } from '../support/work/log-reader.js';

const platform = usePlatform();

describe('kill -9 while a change lands', () => {
  it.each<ProcessName>(['review', 'sandbox-runner', 'supervisor', 'temporal', 'postgres'])(
    'of %s, while the merged tree is tested: it lands once',
    async (name) => {
      const { rest, origin, base, gate, landing } = await underTest();
      platform.kill(name);
      await platform.restarted(name);
      // The check may have to run again, but there is only ever one of it.
      await openWhateverRuns(gate, landing.id);
      await expectLandedOnce(rest, origin, base, landing);
      expect(anythingOf(gate)).toEqual([]);
      await platform.quiet();
    },
    300_000,
  );

  it.each<ProcessName>(['review', 'temporal', 'postgres'])(
    'of %s, at the moment of the push: it lands once',
    async (name) => {
      const { rest, origin, base, gate, landing } = await underTest();
      const events = await EventRecorder.open(rest, { resumes: true });
      await openGate(gate);
      await events.until(({ subject, type }) => subject === `landings/${landing.id}` && /pushing|landed/.test(type));
      platform.kill(name);
      await platform.restarted(name);
      await expectLandedOnce(rest, origin, base, landing);
      await events.until(({ subject, type }) => subject === `landings/${landing.id}` && type.endsWith('.landed'));
      const revisions = events.of(`landings/${landing.id}`).map(({ revision }) => Number(revision));
      expect(revisions.map(String)).toEqual(countedFrom(revisions[0] ?? 0, revisions.length));
      await events.stop();
      await platform.quiet();
    },
    300_000,
  );

  it('somebody else pushes meanwhile: it is tested again on the new tip', async () => {
    const { rest, origin, base, gate, landing } = await underTest();
    const theirs = await origin.commit({ 'theirs.txt': 'theirs\n' }, 'From beside');
    await openGate(gate);
    await openWhateverRuns(gate, landing.id);
    const settled = await landingSettled(rest, landing.id);
    expect(settled).toMatchObject({ state: 'LANDED' });
    expect(await origin.commits(origin.branch, base)).toContain(theirs);
    expect(await origin.paths(origin.branch)).toEqual(['a.txt', 'hold.txt', 'made.txt', 'theirs.txt']);
    expect(await origin.trailers('Heddle-Landing', origin.branch, base)).toEqual([landing.id]);
  }, 300_000);

  /** A landing whose check waits at a gate. The check waits only where the branch has the file hold.txt. */
  async function underTest(): Promise<Held> {
    const rest = new PatientDoor(platform.rest);
    const origin = await SampleRepository.make(platform.scratch, { 'a.txt': 'a\n' });
    const repository: Repository = await registerRepository(rest, origin.path);
    const { gate, script } = gated();
    const checks = [{ name: 'held', command: ['bash', '-c', `[ -f hold.txt ] || exit 0\n${script}`], timeout: '300s' }];
    const batch = await createBatch(rest, repository, [bashTask('Make it', 'echo made > made.txt', { checks })]);
    const [attempt] = attemptsOf(await batchEnded(rest, batch.id));
    const changeId = attempt?.changeId ?? '';
    const base = await origin.commit({ 'hold.txt': 'hold\n' }, 'Hold the check');
    await rest.post(`/v1/changes/${changeId}/verdicts`, { requestId: randomUUID(), verdict: 'APPROVE' });
    const landing = await rest.post<Landing>('/v1/landings', { requestId: randomUUID(), changeId });
    await eventually('the check on the merged tree runs', () => waitingAt(gate));
    expect(await rest.get<Landing>(`/v1/landings/${landing.id}`)).toMatchObject({ state: 'TESTING' });
    return { rest, origin, base, gate, landing };
  }

  /** Opens the gate for whichever check runs until the landing is settled: after a lost race to push there is another. */
  async function openWhateverRuns(gate: string, landingId: string): Promise<void> {
    const rest = new PatientDoor(platform.rest);
    await eventually('the landing is settled', async () => {
      if (waitingAt(gate) !== undefined) await openGate(gate);
      const { state } = await rest.get<Landing>(`/v1/landings/${landingId}`);
      return ['QUEUED', 'TESTING', 'PUSHING'].includes(state) ? undefined : true;
    });
  }
});

interface Held {
  readonly rest: PatientDoor;
  readonly origin: SampleRepository;
  readonly base: string;
  readonly gate: string;
  readonly landing: Landing;
}

async function expectLandedOnce(
  rest: PatientDoor,
  origin: SampleRepository,
  base: string,
  landing: Landing,
): Promise<void> {
  const settled = await landingSettled(rest, landing.id);
  expect(settled).toMatchObject({ state: 'LANDED', checks: [{ name: 'held', state: 'PASSED' }] });
  expect(await origin.head()).toBe(settled.landedCommit);
  expect(await origin.trailers('Heddle-Landing', origin.branch, base)).toEqual([landing.id]);
  expect(await origin.paths(origin.branch)).toEqual(['a.txt', 'hold.txt', 'made.txt']);
}
