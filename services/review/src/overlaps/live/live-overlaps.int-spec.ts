import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { ListOverlapsRequest, OverlapPair_Basis, OverlapPair_Level, type OverlapPair } from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { EvidenceConsumer } from '../../evidence/evidence.consumer.js';
import { reviewFixture, type ReviewFixture } from '../../testing/review-fixture.js';
import { SampleProject, type Edits } from '../../testing/sample-project.js';

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

const CODE =
  'export function total(): number {\n  return 1;\n}\n\n\n\nexport function count(): number {\n  return 2;\n}\n';

await describeWith(['postgres', 'nats', 'temporal'], 'overlaps of running attempts', (servers) => {
  let directory: string;
  let fixture: ReviewFixture;
  let project: SampleProject;
  beforeAll(async () => {
    directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'));
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    project = await SampleProject.create(fixture, join(directory, newId()), { 'a.ts': CODE, 'b.txt': 'b\n' });
  });

  /** An agent at work: each call is its next periodic checkpoint. */
  function agent(taskId = newId()) {
    const attemptId = newId();
    let number = 0;
    return {
      attemptId,
      async shows(edits: Edits, final = false): Promise<void> {
        number += 1;
        await project.capture(edits, { attemptId, taskId, number, final });
      },
    };
  }

  async function pairs(): Promise<OverlapPair[]> {
    return (await fixture.clients.overlaps.listOverlaps(ListOverlapsRequest.fromPartial({ batchId: project.batchId })))
      .pairs;
  }

  /** Until the pairs of these attempts that work are those of their newest checkpoints. */
  async function compared(...attemptIds: string[]): Promise<OverlapPair[]> {
    for (;;) {
      const left: unknown[] = await fixture.dataSource.query(
        `SELECT 1 FROM live_heads a JOIN live_heads b ON a.attempt_id < b.attempt_id AND a.task_id <> b.task_id
         LEFT JOIN overlap_pairs p ON p.attempt_a = a.attempt_id AND p.attempt_b = b.attempt_id AND p.head_a = a.commit AND p.head_b = b.commit
         WHERE p.id IS NULL AND a.attempt_id = ANY($1) AND b.attempt_id = ANY($1)`,
        [attemptIds],
      );
      if (left.length === 0) return pairs();
    }
  }

  async function untilNone(basis: OverlapPair_Basis): Promise<OverlapPair[]> {
    for (;;) {
      const found = await pairs();
      if (found.every((pair) => pair.basis !== basis)) return found;
    }
  }

  async function events(attemptId: string): Promise<string[]> {
    const rows: { type: string }[] = await fixture.dataSource.query(
      `SELECT type FROM outbox WHERE aggregate = 'overlap' AND payload LIKE '%' || $1 || '%' ORDER BY version`,
      [attemptId],
    );
    return rows.map((row) => row.type);
  }

  it('are detected from checkpoints, and cleared by the second one that has nothing in common', async () => {
    const [one, two] = [agent(), agent()];
    await one.shows({ 'a.ts': CODE.replace('return 1', 'return 10') });
    await two.shows({ 'a.ts': CODE.replace('return 1', 'return 20') });
    const found = await compared(one.attemptId, two.attemptId);
    expect(found).toMatchObject([
      { basis: OverlapPair_Basis.LIVE, level: OverlapPair_Level.TEXTUAL, paths: ['a.ts'], changeIds: [] },
    ]);
    expect([...(found[0]?.attemptIds ?? [])].sort()).toEqual([one.attemptId, two.attemptId].sort());
    expect(await events(one.attemptId)).toEqual(['overlap.detected']);
    await two.shows({ 'a.ts': CODE.replace('return 1', 'return 30') });
    await compared(one.attemptId, two.attemptId);
    await two.shows({ 'b.txt': 'mine\n' });
    expect(await compared(one.attemptId, two.attemptId)).toMatchObject([{ level: OverlapPair_Level.TEXTUAL }]);
    expect(await events(one.attemptId)).toEqual(['overlap.detected']);
    await two.shows({ 'b.txt': 'mine again\n' });
    expect(await compared(one.attemptId, two.attemptId)).toEqual([]);
    expect(await events(one.attemptId)).toEqual(['overlap.detected', 'overlap.cleared']);
  });

  it('are not told of rivals, and a file in the middle of an edit stays a file', async () => {
    const task = newId();
    const [one, rival, two] = [agent(task), agent(task), agent()];
    await one.shows({ 'a.ts': CODE.replace('return 1', 'return 10') });
    await rival.shows({ 'a.ts': CODE.replace('return 1', 'return 11') });
    await two.shows({ 'a.ts': CODE.replace('return 2', 'return ((20') });
    const found = await compared(one.attemptId, rival.attemptId, two.attemptId);
    expect(found.map((pair) => [pair.level, pair.attemptIds.includes(two.attemptId)])).toEqual([
      [OverlapPair_Level.FILE, true],
      [OverlapPair_Level.FILE, true],
    ]);
  });

  it('are not told of a reconciliation at work and what goes into it', async () => {
    const [reconciliation, taskId, input] = [newId(), newId(), agent()];
    const [reconciler, other] = [agent(taskId), agent()];
    await input.shows({ 'a.ts': CODE.replace('return 1', 'return 10') }, true);
    await fixture.dataSource.query(
      `INSERT INTO reconciliations (id, repository_id, branch, base_commit, state, step, instructions, principal, traceparent, create_time, end_time, revision, task_id)
       VALUES ($1, $2, 'trunk', $3, 'SUCCEEDED', 'TASK', '', 'someone', '', now(), now(), 1, $4)`,
      [reconciliation, project.repositoryId, project.base, taskId],
    );
    await fixture.dataSource.query(
      `INSERT INTO reconciliation_inputs (reconciliation_id, position, change_id, attempt_id, task_id, title, base_commit, head_commit)
       SELECT $1, 1, id, attempt_id, task_id, title, base_commit, head_commit FROM changes WHERE attempt_id = $2`,
      [reconciliation, input.attemptId],
    );
    await reconciler.shows({ 'a.ts': CODE.replace('return 1', 'return 11') });
    await other.shows({ 'a.ts': CODE.replace('return 1', 'return 12') });
    const met = (pair: OverlapPair): string[] => pair.attemptIds.filter((id) => id !== other.attemptId);
    for (;;) {
      const found = await pairs();
      // Whoever works beside them meets both.
      if (found.length < 2) continue;
      expect(found.map(met).flat().sort()).toEqual([input.attemptId, reconciler.attemptId].sort());
      break;
    }
  });

  it('go over into those of changes when their turns end', async () => {
    const [one, two] = [agent(), agent()];
    await one.shows({ 'a.ts': CODE.replace('return 1', 'return 10') }, true);
    await two.shows({ 'a.ts': CODE.replace('return 1', 'return 20') });
    for (;;) if ((await pairs()).some((pair) => pair.basis === OverlapPair_Basis.LIVE)) break;
    await two.shows({ 'a.ts': CODE.replace('return 1', 'return 20') }, true);
    const left = await untilNone(OverlapPair_Basis.LIVE);
    expect(left).toMatchObject([{ basis: OverlapPair_Basis.EXACT, level: OverlapPair_Level.TEXTUAL }]);
    expect(left[0]?.changeIds).toHaveLength(2);
  });

  it('end with an attempt that hands over nothing, also when its end was heard of by event', async () => {
    const [one, two] = [agent(), agent()];
    await one.shows({ 'a.ts': CODE.replace('return 1', 'return 10') });
    await two.shows({ 'a.ts': CODE.replace('return 1', 'return 20') });
    await compared(one.attemptId, two.attemptId);
    const event = { data: { attempt: { id: two.attemptId, state: 'CANCELLED' } } };
    await fixture.app.get(EvidenceConsumer).take(event);
    expect(await untilNone(OverlapPair_Basis.LIVE)).toEqual([]);
    expect(await events(two.attemptId)).toEqual(['overlap.detected', 'overlap.cleared']);
  });

  it('go on after the service died, and never go back to an older checkpoint', async () => {
    const [one, two] = [agent(), agent()];
    await one.shows({ 'a.ts': CODE.replace('return 1', 'return 10') });
    await two.shows({ 'b.txt': 'mine\n' });
    await two.shows({ 'a.ts': CODE.replace('return 1', 'return 20') });
    await compared(one.attemptId, two.attemptId);
    await fixture.dataSource.query('DELETE FROM overlap_pairs WHERE batch_id = $1', [project.batchId]);
    await fixture.restart();
    expect(await compared(one.attemptId, two.attemptId)).toHaveLength(1);
    const head = 'SELECT number FROM live_heads WHERE attempt_id = $1';
    await project.capture({ 'b.txt': 'mine\n' }, { attemptId: two.attemptId, number: 1, final: false });
    expect(await fixture.dataSource.query(head, [two.attemptId])).toEqual([{ number: 2 }]);
  });
});
