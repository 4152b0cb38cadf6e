import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Attempt, Change, CheckResult, Landing, LogLine, Repository } from '@heddle/sdk';
import { PatientDoor } from '../doors/patient-door.js';
import type { RestDoor } from '../doors/rest-door.js';
import { SampleRepository, type Files } from '../git/sample-repository.js';
import { bashTask, gated, writing, type GatedScript } from '../work/agents.js';
import { EventRecorder } from '../work/event-reader.js';
import { anythingOf, gateProcesses, openGate } from '../work/gates.js';
import { attemptsOf, batchEnded, changesOf, createBatch, landingSettled, registerRepository } from '../work/launch.js';
import { countedFrom, followThrough, printed, untilPrinted } from '../work/log-reader.js';
import { FEATURE, FIX, REGRESSION_TESTS, SHOP } from '../work/shop.js';

const EDITS: readonly Files[] = [FEATURE, REGRESSION_TESTS, FIX];

/** How often each agent was started, in all its sandboxes together. */
const STARTED_ONCE = ['start 1'];

/**
 * Three tasks of which each has written a part of its work, prints numbered lines and waits at a gate. While they wait,
 * a test does to the platform what it likes; afterwards everything has to be as if nothing had happened.
 */
export class WovenBatch {
  private constructor(
    private readonly rest: RestDoor,
    readonly origin: SampleRepository,
    readonly repository: Repository,
    readonly base: string,
    readonly id: string,
    readonly attempts: readonly Attempt[],
    readonly scripts: readonly GatedScript[],
    private readonly events: EventRecorder,
    private readonly logs: readonly Promise<LogLine[]>[],
    private readonly pids: readonly number[],
  ) {}

  /** Resolves when all three agents are in the middle of their work, each with a reader on its log. */
  static async launch(door: RestDoor, scratch: string): Promise<WovenBatch> {
    const rest = new PatientDoor(door);
    const origin = await SampleRepository.make(scratch, SHOP);
    const repository = await registerRepository(rest, origin.path);
    const events = await EventRecorder.open(rest, { resumes: true });
    const scripts = EDITS.map((files) => {
      const [first, ...others] = Object.entries(files);
      return gated({
        before: writing(Object.fromEntries(first === undefined ? [] : [first])),
        after: writing(Object.fromEntries(others)),
      });
    });
    const tasks = scripts.map(({ script }, index) =>
      bashTask(`Strand ${String(index + 1)}`, script, {
        checks: [{ name: 'unit', command: ['node', '--test'], timeout: '120s' }],
      }),
    );
    const batch = await createBatch(rest, repository, tasks, { requestId: randomUUID() });
    const attempts = attemptsOf(batch);
    const logs = attempts.map(({ id }) => allOf(followThrough(rest, id)));
    for (const log of logs) log.catch(() => undefined); // told by whoever looks at the log
    await Promise.all(attempts.map(({ id }) => untilPrinted(rest, id, 'start 1')));
    const base = batch.baseCommit ?? '';
    return new WovenBatch(rest, origin, repository, base, batch.id, attempts, scripts, events, logs, pidsOf(scripts));
  }

  /** True while the very processes that were started are still there. */
  expectAgentsUntouched(): void {
    expect(pidsOf(this.scripts)).toEqual(this.pids);
  }

  async letGo(): Promise<void> {
    await Promise.all(this.scripts.map(({ gate }) => openGate(gate)));
  }

  /** All that has to hold of the attempts once the gates are open, whatever was done to the platform before. */
  async expectCompletedAsIfNothingHadHappened(): Promise<Change[]> {
    const ended = await batchEnded(this.rest, this.id);
    expect(ended).toMatchObject({ state: 'COMPLETED', attemptCounts: { COMPLETED: 3 } });
    const attempts = attemptsOf(ended);
    for (const attempt of attempts) expect(attempt).toMatchObject({ state: 'COMPLETED', restartCount: 0, exitCode: 0 });
    for (const log of this.logs) expectWholeStory(await log);
    const changes = await this.changesInOrder(attempts);
    for (const [index, change] of changes.entries()) {
      const { treeId } = await this.origin.expected(this.base, EDITS[index] ?? {});
      expect(change).toMatchObject({ treeId, partial: false, baseCommit: this.base });
    }
    for (const { id } of attempts) {
      const { checks } = await this.rest.get<{ checks: CheckResult[] }>(`/v1/attempts/${id}/checks`);
      expect(checks).toMatchObject([{ name: 'unit', state: 'PASSED' }]);
    }
    for (const { gate } of this.scripts) expect(anythingOf(gate)).toEqual([]);
    return changes;
  }

  /** Approves and lands all three in order: two land, each once; the third conflicts. */
  async expectLanded(changes: readonly Change[]): Promise<void> {
    const queued = await this.enqueue(changes);
    await this.expectSettled(queued);
  }

  async enqueue(changes: readonly Change[]): Promise<Landing[]> {
    for (const { id, headCommit } of changes) {
      await this.rest.post(`/v1/changes/${id}/verdicts`, { requestId: randomUUID(), verdict: 'APPROVE', headCommit });
    }
    const queued: Landing[] = [];
    for (const { id, headCommit } of changes) {
      queued.push(await this.rest.post<Landing>('/v1/landings', { requestId: randomUUID(), changeId: id, headCommit }));
    }
    return queued;
  }

  async expectSettled(queued: readonly Landing[], besides: Files = {}): Promise<void> {
    const landings = await Promise.all(queued.map(({ id }) => landingSettled(this.rest, id)));
    expect(landings.map(({ state }) => state)).toEqual(['LANDED', 'LANDED', 'CONFLICTED']);
    expect(landings[2]).toMatchObject({ conflictPaths: ['src/cart.js'] });
    const trailers = await this.origin.trailers('Heddle-Landing', this.origin.branch, this.base);
    expect([...trailers].sort()).toEqual(
      landings
        .slice(0, 2)
        .map(({ id }) => id)
        .sort(),
    );
    const { treeId } = await this.origin.expected(this.base, { ...FEATURE, ...REGRESSION_TESTS, ...besides });
    expect(await this.origin.head(`${this.origin.branch}^{tree}`)).toBe(treeId);
    expect(await this.origin.head()).toBe(landings[1]?.landedCommit);
  }

  /** Every subject's events, each once and in order, for a reader that resumed all the time. Ends the recording. */
  async expectEventsWithoutGaps(): Promise<void> {
    const last = `batches/${this.id}`;
    await this.events.until(({ subject, type }) => subject === last && type === 'heddle.v1.batch.completed');
    const own = [this.id, ...this.attempts.map(({ id }) => id)];
    const aboutUs = this.events.events.filter(({ data }) => own.some((id) => JSON.stringify(data).includes(id)));
    for (const subject of new Set(aboutUs.map((event) => event.subject))) {
      const revisions = this.events.of(subject).map(({ revision }) => revision);
      expect([subject, revisions]).toEqual([subject, countedFrom(1, revisions.length)]);
    }
    await this.events.stop();
  }

  /** Resolves when an event of that type has come about a resource. */
  async happened(type: string, about: string): Promise<void> {
    await this.events.until((event) => event.type === `heddle.v1.${type}` && event.subject === about);
  }

  private async changesInOrder(attempts: readonly Attempt[]): Promise<Change[]> {
    const changes = await changesOf(this.rest, this.id);
    expect(changes.map(({ attemptId }) => attemptId).sort()).toEqual(attempts.map(({ id }) => id).sort());
    return attempts.flatMap(({ id }) => changes.filter(({ attemptId }) => attemptId === id));
  }
}

function pidsOf(scripts: readonly GatedScript[]): number[] {
  return scripts.flatMap(({ gate }) => gateProcesses(gate).map(({ pid }) => pid));
}

/** One start, every tick once and in order, every line numbered without a gap. */
function expectWholeStory(lines: readonly LogLine[]): void {
  expect(lines.map(({ sequence }) => sequence)).toEqual(countedFrom(1, lines.length));
  const said = printed(lines);
  const ticks = said.filter((text) => text.startsWith('tick '));
  expect(said.filter((text) => text.startsWith('start '))).toEqual(STARTED_ONCE);
  expect(ticks).toEqual(countedFrom(1, ticks.length).map((n) => `tick ${n}`));
  expect(said).toContain(`opened after ${String(ticks.length)}`);
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
