import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CompareChangesRequest } from '@heddle/contracts';
import { requestContext } from '@heddle/platform/context';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject } from '../testing/sample-project.js';

const temporary = useTemporaryDirectories();

const NINE = '1\n2\n3\n4\n5\n6\n7\n8\n9\n';

await describeWith(['postgres', 'nats', 'temporal'], 'two changes side by side', (servers) => {
  let directory: string;
  let fixture: ReviewFixture;
  let project: SampleProject;
  beforeAll(async () => {
    directory = await temporary('comparisons');
    fixture = await reviewFixture(servers, join(directory, 'data'));
    project = await SampleProject.create(fixture, join(directory, newId()), {
      'a.txt': NINE,
      'b.txt': NINE,
      'c.txt': NINE,
      'd.txt': NINE,
    });
  });
  afterAll(() => fixture.close());

  const compare = (more: Partial<CompareChangesRequest>) =>
    fixture.clients.changes.compareChanges(CompareChangesRequest.fromPartial(more));

  it('are told by file and by place: what only one does, what both do alike, and what both do differently', async () => {
    const one = await project.capture({
      'a.txt': '1\nTWO\n3\n4\nFIVE\n6\n7\n8\nNINE\n',
      'b.txt': 'only the first\n',
      'd.txt': `${NINE}alike\n`,
    });
    const two = await project.capture({
      'a.txt': '1\nTWO\n3\n4\nfünf\n6\n7\n',
      'c.txt': null,
      'd.txt': `${NINE}alike\n`,
    });
    const changeIds = [one.changeId, two.changeId];
    const answer = await compare({ changeIds });
    expect(answer).toMatchObject({
      first: { changeId: one.changeId, headCommit: one.commit, baseCommit: project.base },
      second: { changeId: two.changeId, headCommit: two.commit },
      stats: { onlyFirst: 1, onlySecond: 1, same: 1, different: 1 },
    });
    expect(answer.files.map(({ kind, path }) => [kind, path])).toEqual([
      ['DIFFERENT', 'a.txt'],
      ['ONLY_FIRST', 'b.txt'],
      ['ONLY_SECOND', 'c.txt'],
      ['SAME', 'd.txt'],
    ]);
    const [file] = answer.files;
    expect(file?.regions).toEqual([
      { kind: 'SAME', baseStart: 2, baseLines: ['2'], firstLines: ['TWO'], secondLines: ['TWO'] },
      { kind: 'DIFFERENT', baseStart: 5, baseLines: ['5'], firstLines: ['FIVE'], secondLines: ['fünf'] },
      { kind: 'DIFFERENT', baseStart: 8, baseLines: ['8', '9'], firstLines: ['8', 'NINE'], secondLines: [] },
    ]);
    const between = file?.hunks.flatMap(({ lines }) => lines.map(({ kind, text }) => `${kind.charAt(0)}${text}`));
    expect(between).toEqual(['CTWO', 'C3', 'C4', 'RFIVE', 'Afünf', 'C6', 'C7', 'R8', 'RNINE']);
    expect((await compare({ changeIds, path: 'c.txt' })).files).toMatchObject([{ kind: 'ONLY_SECOND' }]);
    const page = await compare({ changeIds, pageSize: 3 });
    const rest = await compare({ changeIds, pageSize: 3, pageToken: page.nextPageToken });
    expect([page.files.length, rest.files.map(({ path }) => path), rest.nextPageToken]).toEqual([3, ['d.txt'], '']);
  });

  it('are followed through a rename, and told apart where they only differ by white space', async () => {
    const moved = await project.capture({ 'a.txt': null, 'moved.txt': `${NINE}10\n` });
    const edited = await project.capture({ 'a.txt': `  1\n2\n3\n4\n5\n6\n7\n8\n9\nten\n` });
    const changeIds = [moved.changeId, edited.changeId];
    const { files } = await compare({ changeIds, ignoreWhitespace: true });
    expect(files).toMatchObject([{ kind: 'DIFFERENT', path: 'a.txt', firstPath: 'moved.txt' }]);
    expect(files[0]?.secondPath).toBeUndefined();
    expect(files[0]?.regions).toEqual([
      { kind: 'DIFFERENT', baseStart: 9, baseLines: [], firstLines: ['10'], secondLines: ['ten'] },
    ]);
    expect((await compare({ changeIds })).files[0]?.regions.map(({ kind }) => kind)).toEqual([
      'ONLY_SECOND',
      'DIFFERENT',
    ]);
  });

  it('may be two checkpoints of one attempt', async () => {
    const attemptId = newId();
    const before = await project.capture({ 'a.txt': `${NINE}ten\n`, 'b.txt': 'same\n' }, { attemptId });
    const after = await project.capture(
      { 'a.txt': `${NINE}ten\neleven\n`, 'b.txt': 'same\n' },
      { attemptId, number: 2 },
    );
    const answer = await compare({ checkpointIds: [before.commit, after.commit] });
    expect(answer).toMatchObject({ stats: { same: 1, different: 1 }, first: { attemptId, headCommit: before.commit } });
    expect(answer.first?.changeId).toBeUndefined();
    expect(answer.files[0]?.hunks[0]?.lines.at(-1)).toMatchObject({ kind: 'ADDED', text: 'eleven' });
    const other = await project.capture({ 'a.txt': 'other\n' });
    await expect(compare({ checkpointIds: [before.commit, other.commit] })).rejects.toMatchObject({
      reason: 'FIELD_INVALID',
    });
    await expect(compare({ checkpointIds: [before.commit, 'f'.repeat(40)] })).rejects.toMatchObject({
      reason: 'CHECKPOINT_NOT_FOUND',
    });
  });

  it('are refused where they are not two, not of one base, or hold a secret', async () => {
    const one = await project.capture({ 'a.txt': 'one\n' });
    const stranger = await SampleProject.create(fixture, join(directory, newId()), { 'a.txt': 'x\n' });
    const other = await stranger.capture({ 'a.txt': 'y\n' });
    const wrong: [Partial<CompareChangesRequest>, string][] = [
      [{}, 'FIELD_INVALID'],
      [{ changeIds: [one.changeId] }, 'FIELD_INVALID'],
      [{ changeIds: [one.changeId, one.changeId, one.changeId] }, 'FIELD_INVALID'],
      [{ changeIds: [one.changeId, one.changeId], checkpointIds: [one.commit, one.commit] }, 'FIELD_INVALID'],
      [{ changeIds: [one.changeId, newId()] }, 'CHANGE_NOT_FOUND'],
      [{ changeIds: [one.changeId, other.changeId] }, 'BASES_DIFFER'],
      [{ changeIds: [one.changeId, one.changeId], path: 'absent' }, 'FILE_NOT_FOUND'],
    ];
    for (const [request, reason] of wrong) await expect(compare(request)).rejects.toMatchObject({ reason });
    const notices = [{ reason: 'SECRET_IN_CHANGE', path: 'a.txt', message: 'holds the value of the secret TOKEN' }];
    const leaked = await project.capture({ 'a.txt': 'hunter2-hunter2\n' }, { notices });
    const look = (request: Partial<CompareChangesRequest>) =>
      requestContext.run({ requestId: '', principal: 'p', role: 'DEVELOPER', traceparent: '' }, () => compare(request));
    const refused = { reason: 'SECRET_IN_CHANGE' };
    await expect(look({ changeIds: [one.changeId, leaked.changeId] })).rejects.toMatchObject(refused);
    await expect(look({ checkpointIds: [leaked.commit, leaked.commit] })).rejects.toMatchObject(refused);
  });
});
