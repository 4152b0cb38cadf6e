import { beforeAll, describe, expect, it } from '@jest/globals';
import type {
  Attempt,
  Batch,
  Change,
  CheckResult,
  FileDiff,
  Landing,
  OverlapPair,
  Repository,
  Verdict,
} from '@heddle/sdk';
import { SampleRepository, type Files } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask, writing } from '../support/work/agents.js';
import { EventRecorder } from '../support/work/event-reader.js';
import {
  attemptsOf,
  batchEnded,
  changeOf,
  createBatch,
  landingSettled,
  overlapsOf,
  registerRepository,
} from '../support/work/launch.js';
import { completeLog, countedFrom, printed, wholeLog } from '../support/work/log-reader.js';
import { FEATURE, FIX, REGRESSION_TESTS, SHOP, SUITE_CHECK } from '../support/work/shop.js';

const EDITS: readonly Files[] = [FEATURE, REGRESSION_TESTS, FIX];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

const platform = usePlatform();

describe('three tasks over REST, from launch to landing', () => {
  let origin: SampleRepository;
  let base: string;
  let repository: Repository;
  let events: EventRecorder;
  let created: Batch;
  let ended: Batch;
  let attempts: Attempt[];
  let changes: Change[];

  beforeAll(async () => {
    origin = await SampleRepository.make(platform.scratch, SHOP, 'trunk');
    base = await origin.head();
    repository = await registerRepository(platform.rest, origin.path);
    events = await EventRecorder.open(platform.rest);
    const titles = ['Add a discount', 'Write regression tests', 'Fix negative quantities'];
    const tasks = EDITS.map((files, index) =>
      bashTask(titles[index] ?? '', `head -c 200 "$HEDDLE_PROMPT_FILE"\necho\n${writing(files)}\necho done`, {
        checks: [SUITE_CHECK],
      }),
    );
    created = await createBatch(platform.rest, repository, tasks, {
      brief: 'Keep it small.',
      labels: { ticket: 'A-1' },
    });
    ended = await batchEnded(platform.rest, created.id);
    attempts = attemptsOf(ended);
    changes = await Promise.all(attempts.map((attempt) => changeOf(platform.rest, attempt)));
  });

  it('registers the repository with the branch that its remote names', () => {
    expect(repository).toMatchObject({ url: origin.path, state: 'ACTIVE', defaultBranch: 'trunk', statusDetail: '' });
    expect(repository.id).toMatch(UUID);
    expect(repository.createTime).toMatch(RFC_3339);
  });

  it('answers the create with a queued batch at a frozen base', () => {
    expect(created).toMatchObject({
      repositoryId: repository.id,
      baseCommit: base,
      environmentId: repository.defaultEnvironmentId,
      environmentVersion: 1,
      brief: 'Keep it small.',
      labels: { ticket: 'A-1' },
      priority: 3,
      attemptCounts: { QUEUED: 3 },
    });
    expect(['QUEUED', 'RUNNING']).toContain(created.state);
    expect(created.endTime).toBeUndefined();
    expect(typeof created.revision).toBe('string');
  });

  it('ends with every attempt completed in a full sandbox', () => {
    expect(ended).toMatchObject({ state: 'COMPLETED', attemptCounts: { COMPLETED: 3 } });
    for (const attempt of attempts) {
      expect(attempt).toMatchObject({
        state: 'COMPLETED',
        statusDetail: '',
        attemptNumber: 1,
        exitCode: 0,
        restartCount: 0,
        reviewState: 'PENDING',
        landingState: 'NONE',
        sandbox: { driver: 'BUBBLEWRAP', boundary: 'FULL', fileSystem: 'OVERLAY' },
      });
      expect(attempt.endTime).toMatch(RFC_3339);
      expect(attempt.startTime).toMatch(RFC_3339);
    }
  });

  it('gives the agent its prompt, with the brief', async () => {
    for (const [index, attempt] of attempts.entries()) {
      const said = printed(await wholeLog(platform.rest, attempt.id)).join('\n');
      expect(said).toContain('Keep it small.');
      expect(said).toContain(`Do this: ${created.tasks[index]?.title ?? ''}`);
    }
  });

  it('has run the check on the captured tree', async () => {
    for (const [index, attempt] of attempts.entries()) {
      const { checks } = await platform.rest.get<{ checks: CheckResult[] }>(`/v1/attempts/${attempt.id}/checks`);
      expect(checks).toHaveLength(1);
      expect(checks[0]).toMatchObject({
        name: 'unit',
        state: 'PASSED',
        exitCode: 0,
        treeId: changes[index]?.treeId,
        advisory: false,
      });
      expect(checks[0]?.duration).toMatch(/^\d+(\.\d+)?s$/);
      const id = changes[index]?.id ?? '';
      // The change is another service's: it hears of the outcome by an event.
      await events.until(({ subject, data }) => subject === `changes/${id}` && data?.change?.checks.length === 1);
      expect((await platform.rest.get<Change>(`/v1/changes/${id}`)).checks).toEqual(checks);
    }
  });

  it('has exactly one change per attempt, and it is what git makes of the edits', async () => {
    const all = await platform.rest.get<{ changes: Change[] }>(`/v1/changes?batchId=${created.id}`);
    expect(all.changes.map(({ attemptId }) => attemptId).sort()).toEqual(attempts.map(({ id }) => id).sort());
    for (const [index, change] of changes.entries()) {
      const expected = await origin.expected(base, EDITS[index] ?? {});
      expect(change).toMatchObject({
        baseCommit: base,
        treeId: expected.treeId,
        partial: false,
        empty: false,
        reviewState: 'PENDING',
        notices: [],
      });
      const patch = await platform.rest.open('GET', `/v1/changes/${change.id}/patch`);
      expect(patch.headers.get('content-type')).toMatch(/^text\/x-patch/);
      expect(await origin.applied(base, new Uint8Array(await patch.arrayBuffer()))).toBe(expected.treeId);
    }
  });

  it('shows the diff of a change to the letter', async () => {
    const [feature] = changes;
    expect(feature?.stats).toEqual({ files: 2, additions: 9, deletions: 2 });
    expect(feature?.files).toMatchObject([
      {
        path: 'src/cart.js',
        status: 'MODIFIED',
        additions: 2,
        deletions: 2,
        binary: false,
        mode: '100644',
        oldMode: '100644',
      },
      {
        path: 'test/discount.test.js',
        status: 'ADDED',
        additions: 7,
        deletions: 0,
        binary: false,
        mode: '100644',
        oldMode: '',
      },
    ]);
    const diff = await platform.rest.get<{ files: FileDiff[] }>(
      `/v1/changes/${feature?.id ?? ''}/diff?path=src/cart.js`,
    );
    expect(diff.files).toHaveLength(1);
    expect(diff.files[0]?.patch).toContain(
      [
        '@@ -1,5 +1,5 @@',
        '-export function total(items) {',
        '-  return items.reduce((sum, item) => sum + item.price * item.quantity, 0);',
        '+export function total(items, discount = 0) {',
        '+  return items.reduce((sum, item) => sum + item.price * item.quantity, 0) * (1 - discount);',
        ' }',
        ' ',
        ' export function format(amount) {',
      ].join('\n'),
    );
  });

  it('says which two overlap, how strongly and where', async () => {
    const report = await overlapsOf(platform.rest, created.id);
    const [feature, tests, fix] = changes.map(({ id }) => id);
    expect(report).toHaveLength(1);
    expect(report[0]).toMatchObject({ level: 'TEXTUAL', basis: 'EXACT', duplicate: false, paths: ['src/cart.js'] });
    expect([...(report[0]?.changeIds ?? [])].sort()).toEqual([feature, fix].sort());
    expect(report[0]?.evidence).toContainEqual(expect.objectContaining({ level: 'TEXTUAL', path: 'src/cart.js' }));
    const of = await platform.rest.get<{ pairs: OverlapPair[] }>(`/v1/overlaps?changeId=${tests ?? ''}`);
    expect(of.pairs).toEqual([]);
  });

  it('refuses to land what nobody has approved', async () => {
    const answer = await platform.rest.call('POST', '/v1/landings', { body: { changeId: changes[0]?.id } });
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 9, details: [{ reason: 'APPROVAL_MISSING', domain: 'heddle' }] },
    });
  });

  it('refuses a verdict about something else than the head', async () => {
    const body = { verdict: 'APPROVE', headCommit: base };
    const answer = await platform.rest.call('POST', `/v1/changes/${changes[0]?.id ?? ''}/verdicts`, { body });
    expect(answer).toMatchObject({ status: 409, body: { code: 10, details: [{ reason: 'CHANGE_MOVED' }] } });
  });

  describe('approved and queued in order', () => {
    let landings: Landing[];

    beforeAll(async () => {
      for (const change of changes) {
        const verdict = await platform.rest.post<Verdict>(`/v1/changes/${change.id}/verdicts`, {
          verdict: 'APPROVE',
          headCommit: change.headCommit,
          comment: 'Fine.',
        });
        expect(verdict).toMatchObject({
          changeId: change.id,
          verdict: 'APPROVE',
          headCommit: change.headCommit,
          comment: 'Fine.',
        });
      }
      const queued: Landing[] = [];
      for (const { id, headCommit } of changes)
        queued.push(await platform.rest.post<Landing>('/v1/landings', { changeId: id, headCommit }));
      landings = await Promise.all(queued.map(({ id }) => landingSettled(platform.rest, id)));
    });

    it('lands what merges and keeps what conflicts, with its paths', () => {
      expect(landings.map(({ state }) => state)).toEqual(['LANDED', 'LANDED', 'CONFLICTED']);
      for (const landed of landings.slice(0, 2)) {
        expect(landed).toMatchObject({ targetBranch: 'trunk', reason: '', conflictPaths: [] });
        expect(landed.checks).toMatchObject([{ name: 'unit', state: 'PASSED' }]);
      }
      expect(landings[2]).toMatchObject({ targetBranch: 'trunk', reason: 'CONFLICT', conflictPaths: ['src/cart.js'] });
      expect(landings[2]?.landedCommit).toBeUndefined();
    });

    it('leaves the branch with both landed changes, each once and by its name', async () => {
      const expected = await origin.expected(base, { ...FEATURE, ...REGRESSION_TESTS });
      expect(await origin.head('trunk^{tree}')).toBe(expected.treeId);
      expect(await origin.head()).toBe(landings[1]?.landedCommit);
      const trailers = await origin.trailers('Heddle-Landing', 'trunk', base);
      expect([...trailers].sort()).toEqual(
        landings
          .slice(0, 2)
          .map(({ id }) => id)
          .sort(),
      );
    });

    it('shows where each change has got to on its attempt', async () => {
      const states = await Promise.all(
        attempts.map(async ({ id }, index) => {
          const wanted = landings[index]?.state;
          const event = await events.until(
            ({ subject, data }) => subject === `attempts/${id}` && data?.attempt?.landingState === wanted,
          );
          expect(event.data?.attempt?.reviewState).toBe('APPROVED');
          return (await platform.rest.get<Attempt>(`/v1/attempts/${id}`)).landingState;
        }),
      );
      expect(states).toEqual(['LANDED', 'LANDED', 'CONFLICTED']);
    });

    it('does not land a landed change again', async () => {
      const answer = await platform.rest.call('POST', '/v1/landings', { body: { changeId: changes[0]?.id } });
      expect(answer).toMatchObject({ status: 409, body: { code: 6, details: [{ reason: 'ALREADY_LANDED' }] } });
    });

    it('told all of it by events, each subject in order and without a gap', async () => {
      await events.until(
        ({ type, data }) => type === 'heddle.v1.landing.conflicted' && data?.landing?.id === landings[2]?.id,
      );
      for (const event of events.events) {
        expect(event).toMatchObject({ specversion: '1.0' });
        expect(event.type).toMatch(/^heddle\.v1\.[a-z]+\.[a-z_]+$/);
      }
      const subjects = new Set(events.events.map(({ subject }) => subject));
      for (const subject of subjects) {
        const revisions = events.of(subject).map(({ revision }) => revision);
        expect([subject, revisions]).toEqual([subject, countedFrom(1, revisions.length)]);
      }
      for (const { id } of attempts) {
        const states = events.of(`attempts/${id}`).map(({ type }) => type.replace('heddle.v1.attempt.', ''));
        const course = ['queued', 'provisioning', 'running', 'checking', 'completed'];
        expect(states.filter((word) => course.includes(word))).toEqual(course);
      }
    });
  });

  it('lists with pages that meet without a gap', async () => {
    const first = await platform.rest.get<Page>(`/v1/attempts?batchId=${created.id}&pageSize=2`);
    expect(first.attempts).toHaveLength(2);
    const second = await platform.rest.get<Page>(
      `/v1/attempts?batchId=${created.id}&pageSize=2&pageToken=${first.nextPageToken}`,
    );
    expect(second.nextPageToken).toBe('');
    expect([...first.attempts, ...second.attempts].map(({ id }) => id).sort()).toEqual(
      attempts.map(({ id }) => id).sort(),
    );
    const queued = await platform.rest.get<Page>(`/v1/attempts?batchId=${created.id}&states=QUEUED&states=RUNNING`);
    expect(queued.attempts).toEqual([]);
  });

  it('reads the log as text, as it was printed', async () => {
    const answer = await completeLog(platform.rest, `attempts/${attempts[0]?.id ?? ''}`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    const lines = (await answer.text()).split('\n');
    expect(lines).toContain('done');
  });
});

interface Page {
  readonly attempts: Attempt[];
  readonly nextPageToken: string;
}
