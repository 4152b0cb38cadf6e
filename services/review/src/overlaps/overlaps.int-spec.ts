import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { ListOverlapsRequest, OverlapPair_Level, type ListOverlapsResponse } from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject } from '../testing/sample-project.js';
import { OverlapEngine } from './overlap-engine.js';
import { batchesWithPendingPairs } from './pending-pairs.js';

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

await describeWith(['postgres', 'nats', 'temporal'], 'overlaps of a batch', (servers) => {
  let directory: string;
  let fixture: ReviewFixture;
  let project: SampleProject;
  beforeAll(async () => {
    directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'));
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    project = await SampleProject.create(fixture, join(directory, newId()), {
      'a.txt': '1\n2\n3\n4\n5\n6\n7\n',
      'b.txt': 'b\n',
    });
  });

  async function overlaps(more: Partial<ListOverlapsRequest> = {}): Promise<ListOverlapsResponse> {
    for (;;) {
      const answer = await fixture.clients.overlaps.listOverlaps(
        ListOverlapsRequest.fromPartial({ batchId: project.batchId, ...more }),
      );
      if (answer.pendingPairs === 0) return answer;
    }
  }

  it('says of every two changes what they have in common, the strongest first, and of rivals nothing', async () => {
    const taskId = newId();
    const one = await project.capture({ 'a.txt': 'ONE\n2\n3\n4\n5\n6\n7\n' }, { taskId });
    await project.capture({ 'a.txt': 'rival\n2\n3\n4\n5\n6\n7\n' }, { taskId });
    const clash = await project.capture({ 'a.txt': 'CLASH\n2\n3\n4\n5\n6\n7\n' });
    const same = await project.capture({ 'a.txt': '1\n2\n3\n4\n5\n6\nSEVEN\n' });
    const apart = await project.capture({ 'b.txt': 'B\n' });
    await project.capture({});
    const { pairs, computeTime } = await overlaps();
    const named = new Map(
      [one, clash, same, apart].map((change, index) => [change.changeId, ['one', 'clash', 'same', 'apart'][index]]),
    );
    const rows = pairs.map((pair) => [
      pair.level,
      pair.changeIds.map((id) => named.get(id) ?? 'rival').join(' '),
      pair.paths,
      pair.evidence[0]?.conflict,
    ]);
    expect(rows).toEqual(
      expect.arrayContaining([
        ['TEXTUAL', 'one clash', ['a.txt'], 'CONFLICT (contents)'],
        ['FILE', 'one same', ['a.txt'], ''],
      ]),
    );
    expect(rows.map((row) => row[0])).toEqual(['TEXTUAL', 'TEXTUAL', 'FILE', 'FILE', 'FILE']);
    expect(rows.some((row) => row[1] === 'one rival' || String(row[1]).includes('apart'))).toBe(false);
    expect(computeTime).toBeInstanceOf(Date);
    expect((await overlaps({ minLevel: OverlapPair_Level.TEXTUAL })).pairs).toHaveLength(2);
    expect((await overlaps({ batchId: '', changeId: one.changeId })).pairs).toHaveLength(2);
    expect(
      (await overlaps({ batchId: '', attemptId: apart.attemptId, minLevel: OverlapPair_Level.NONE })).pairs,
    ).toHaveLength(4);
    const first = await overlaps({ pageSize: 3 });
    const second = await overlaps({ pageSize: 3, pageToken: first.nextPageToken });
    expect([...first.pairs, ...second.pairs]).toEqual(pairs);
    await expect(fixture.clients.overlaps.listOverlaps(ListOverlapsRequest.fromPartial({}))).rejects.toMatchObject({
      reason: 'FIELD_INVALID',
    });
  });

  it('tells of an overlap when it comes and when it goes', async () => {
    const attemptId = newId();
    await project.capture({ 'b.txt': 'mine\n' });
    await project.capture({ 'b.txt': 'theirs\n' }, { attemptId });
    expect((await overlaps()).pairs.map((pair) => pair.level)).toEqual(['TEXTUAL']);
    await project.capture({ 'a.txt': 'elsewhere\n' }, { attemptId, number: 2 });
    expect((await overlaps()).pairs).toEqual([]);
    const rows: { type: string; version: string }[] = await fixture.dataSource.query(
      `SELECT type, version FROM outbox WHERE aggregate = 'overlap' AND payload LIKE '%' || $1 || '%' ORDER BY version`,
      [attemptId],
    );
    expect(rows).toEqual([
      { type: 'overlap.detected', version: '1' },
      { type: 'overlap.cleared', version: '2' },
    ]);
  });

  it('compares the changes of a batch while those of another cannot be compared', async () => {
    await project.capture({ 'b.txt': 'mine\n' });
    await project.capture({ 'b.txt': 'theirs\n' });
    await overlaps();
    const { batchId } = project;
    await fixture.dataSource.query('UPDATE changes SET base_commit = $2, head_commit = $2 WHERE batch_id = $1', [
      batchId,
      '1'.repeat(40),
    ]);
    fixture.app.get(OverlapEngine).poke(batchId);
    project = await SampleProject.create(fixture, join(directory, newId()), { 'b.txt': 'b\n' });
    await project.capture({ 'b.txt': 'mine\n' });
    await project.capture({ 'b.txt': 'theirs\n' });
    expect((await overlaps()).pairs).toHaveLength(1);
    const { manager } = fixture.dataSource;
    expect(await batchesWithPendingPairs(manager, new Date(0))).toEqual([batchId]);
    expect(await batchesWithPendingPairs(manager, new Date(Date.now() + 60_000))).toEqual([]);
    await fixture.dataSource.query('UPDATE changes SET empty = TRUE WHERE batch_id = $1', [batchId]);
  });

  it('goes on with what was pending when the service died', async () => {
    await project.capture({ 'b.txt': 'mine\n' });
    await project.capture({ 'b.txt': 'theirs\n' });
    await overlaps();
    await fixture.dataSource.query('DELETE FROM overlap_pairs WHERE batch_id = $1', [project.batchId]);
    await fixture.restart();
    expect((await overlaps()).pairs).toHaveLength(1);
  });
});
