import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ListOverlapsRequest, OverlapPair_Level, type OverlapPair } from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { describeWith, plantConflicts, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject } from '../testing/sample-project.js';

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

await describeWith(['postgres', 'nats', 'temporal'], 'planted conflicts', (servers) => {
  let directory: string;
  let fixture: ReviewFixture;
  beforeAll(async () => {
    directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'));
  });
  afterAll(() => fixture.close());

  async function allPairs(batchId: string): Promise<OverlapPair[]> {
    for (;;) {
      const answer = await fixture.clients.overlaps.listOverlaps(
        ListOverlapsRequest.fromPartial({ batchId, pageSize: 200 }),
      );
      if (answer.pendingPairs === 0) return answer.pairs;
    }
  }

  it.each([1, 2])('are all found with the right evidence, and nobody else is accused (seed %d)', async (seed) => {
    const planted = plantConflicts(seed);
    const project = await SampleProject.create(fixture, join(directory, newId()), planted.base);
    const names = new Map<string, string>();
    for (const { name, edits } of planted.changes) names.set((await project.capture(edits)).changeId, name);
    const left = new Map(
      (await allPairs(project.batchId)).map((pair) => [
        pair.changeIds
          .map((id) => names.get(id))
          .sort()
          .join(' '),
        pair,
      ]),
    );
    for (const { changes, level, duplicate, evidence } of planted.pairs) {
      const key = [...changes].sort().join(' ');
      const found = left.get(key);
      expect(found).toMatchObject({
        level: OverlapPair_Level[level],
        duplicate,
        evidence: expect.arrayContaining([
          expect.objectContaining({ ...evidence, ...('level' in evidence ? { level: OverlapPair_Level[level] } : {}) }),
        ]),
      });
      left.delete(key);
    }
    expect([...left.values()]).toEqual([]);
  });
});
