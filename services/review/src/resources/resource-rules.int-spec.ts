import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  ListOverlapsRequest,
  OverlapPair_Level,
  ResourceRule_Kind,
  SetResourceRulesRequest,
  type OverlapPair,
} from '@heddle/contracts';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject } from '../testing/sample-project.js';

const temporary = useTemporaryDirectories();

await describeWith(['postgres', 'nats', 'temporal'], 'rules of resources', (servers) => {
  let directory: string;
  let fixture: ReviewFixture;
  let project: SampleProject;
  beforeAll(async () => {
    directory = await temporary('review');
    fixture = await reviewFixture(servers, join(directory, 'data'));
    project = await SampleProject.create(fixture, join(directory, newId()), {
      'go.sum': 'a\n\n\n\n\nb\n',
      readme: 'x\n',
    });
  });
  afterAll(() => fixture.close());

  const rules = () => ({ repositoryId: project.repositoryId });
  const set = (glob: string, kind: ResourceRule_Kind, etag = '') =>
    fixture.clients.resourceRules.setResourceRules(
      SetResourceRulesRequest.fromPartial({ resourceRules: { ...rules(), rules: [{ glob, kind }], etag } }),
    );

  async function pairOf(one: Record<string, string>, other: Record<string, string>): Promise<OverlapPair | undefined> {
    const batchId = newId();
    await project.capture(one, { batchId });
    await project.capture(other, { batchId });
    for (;;) {
      const answer = await fixture.clients.overlaps.listOverlaps(ListOverlapsRequest.fromPartial({ batchId }));
      if (answer.pendingPairs === 0) return answer.pairs[0];
    }
  }

  it('are none at first, and the platform knows files by their names', async () => {
    expect(await fixture.clients.resourceRules.getResourceRules(rules())).toMatchObject({ rules: [], etag: '0' });
    expect(await pairOf({ 'go.sum': 'a1\n\n\n\n\nb\n' }, { 'go.sum': 'a\n\n\n\n\nb1\n' })).toMatchObject({
      level: OverlapPair_Level.RESOURCE,
      evidence: [{ resource: 'LOCK_FILE' }],
    });
  });

  it('say what is one for the repository: here two new files of one number', async () => {
    expect(await set('changes/*.sql', ResourceRule_Kind.MIGRATION)).toMatchObject({ etag: '1' });
    expect(await pairOf({ 'changes/7_a.sql': 'a\n' }, { 'changes/7_b.sql': 'b\n' })).toMatchObject({
      level: OverlapPair_Level.RESOURCE,
      evidence: [{ resource: 'MIGRATION', path: 'changes/7_a.sql', otherPath: 'changes/7_b.sql' }],
    });
  });

  it('say what is none', async () => {
    await set('go.sum', ResourceRule_Kind.NONE);
    expect(await pairOf({ 'go.sum': 'a2\n\n\n\n\nb\n' }, { 'go.sum': 'a\n\n\n\n\nb2\n' })).toMatchObject({
      level: OverlapPair_Level.FILE,
    });
  });

  it.each([
    ['../x', ResourceRule_Kind.SCHEMA, '', 'FIELD_INVALID'],
    ['x', ResourceRule_Kind.KIND_UNSPECIFIED, '', 'FIELD_INVALID'],
    ['x', ResourceRule_Kind.SCHEMA, '1', 'VERSION_CONFLICT'],
  ])('are refused: %s of kind %s with etag %j', async (glob, kind, etag, reason) => {
    await expect(set(glob, kind, etag)).rejects.toMatchObject({ reason });
  });
});
