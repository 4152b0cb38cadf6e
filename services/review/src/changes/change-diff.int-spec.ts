import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DownloadPatchRequest, DownloadPatchRequest_Form, GetDiffRequest, type FileDiff } from '@heddle/contracts';
import { requestContext } from '@heddle/platform/context';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject } from '../testing/sample-project.js';

const temporary = useTemporaryDirectories();

const MOVED = ['function total(prices) {', '  return prices.reduce(add, 0);', '}', ''].join('\n');

await describeWith(['postgres', 'nats', 'temporal'], 'reading a change', (servers) => {
  let fixture: ReviewFixture;
  let project: SampleProject;
  beforeAll(async () => {
    const directory = await temporary('diffs');
    fixture = await reviewFixture(servers, join(directory, 'data'));
    project = await SampleProject.create(fixture, join(directory, newId()), {
      'a.txt': '1\n2\n3\n4\n5\n6\n7\n8\n9\n',
      'old.js': `${MOVED}const kept = 1;\n`,
    });
  });
  afterAll(() => fixture.close());

  const read = (id: string, more: Partial<GetDiffRequest> = {}) =>
    fixture.clients.changes.getDiff(GetDiffRequest.fromPartial({ id, ...more }));
  const lines = (file: FileDiff | undefined) =>
    file?.hunks.flatMap((hunk) =>
      hunk.lines.map(({ kind, text, moved }) => `${kind.charAt(0)}${moved ? '~' : ''}${text}`),
    );

  it('is given in hunks, with the lines that were moved and as much around as is wished', async () => {
    const { changeId } = await project.capture({
      'a.txt': '1\n2\n3\n4\nFIVE\n6\n7\n8\n9',
      'new.js': MOVED,
      'old.js': 'const kept = 1;\n',
    });
    const { files } = await read(changeId);
    const [text, added, removed] = files;
    expect(text?.hunks).toMatchObject([{ oldStart: 2, oldLines: 8, newStart: 2, newLines: 8 }]);
    expect(text?.hunks[0]?.lines.at(-1)).toMatchObject({ kind: 'ADDED', text: '9', withoutNewline: true });
    expect(lines(added)).toEqual(['A~function total(prices) {', 'A~  return prices.reduce(add, 0);', 'A~}']);
    expect(lines(removed)?.filter((line) => line.startsWith('R~'))).toHaveLength(3);
    const one = await read(changeId, { path: 'a.txt', contextLines: 0 });
    expect(lines(one.files[0])).toEqual(['R5', 'AFIVE', 'R9', 'A9']);
    await expect(read(changeId, { contextLines: -1 })).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
  });

  it('can be read without regard to white space', async () => {
    const { changeId } = await project.capture({
      'a.txt': '1\n  2\n3\n4\n5\n6\n7\n8\nNINE\n',
      'old.js': ` ${MOVED}const kept = 1;\n`,
    });
    const { files } = await read(changeId, { ignoreWhitespace: true, contextLines: 0 });
    expect(files.map((file) => [file.file?.path, lines(file)])).toEqual([
      ['a.txt', ['R9', 'ANINE']],
      ['old.js', []],
    ]);
  });

  it('can be read since a head that it had, page by page', async () => {
    const attemptId = newId();
    const first = await project.capture({ 'a.txt': 'one\n', 'b.txt': 'b\n' }, { attemptId });
    const second = await project.capture(
      { 'a.txt': 'one\ntwo\n', 'b.txt': 'b\n', 'c.txt': 'c\n' },
      { attemptId, number: 2 },
    );
    const since = { sinceCommit: first.commit, pageSize: 1 };
    const page = await read(first.changeId, since);
    expect(page).toMatchObject({ baseCommit: first.commit, headCommit: second.commit });
    expect(lines(page.files[0])).toEqual(['Cone', 'Atwo']);
    const rest = await read(first.changeId, { ...since, pageToken: page.nextPageToken });
    expect(rest.files.map((file) => file.file?.path)).toEqual(['c.txt']);
    await expect(read(first.changeId, { pageSize: 1, pageToken: page.nextPageToken })).rejects.toMatchObject({
      reason: 'FIELD_INVALID',
    });
    const foreign = await project.capture({ 'a.txt': 'foreign\n' });
    for (const sinceCommit of [foreign.commit, 'f'.repeat(40), 'main']) {
      await expect(read(first.changeId, { sinceCommit })).rejects.toMatchObject({ reason: 'CHECKPOINT_NOT_FOUND' });
    }
  });

  it('can be taken as a series of mails, which make its tree again under its name', async () => {
    const { changeId, treeId } = await project.capture(
      { 'a.txt': 'mailed\n', 'old.js': null },
      { title: 'Fixes #7 [skip ci]' },
    );
    const request = DownloadPatchRequest.fromPartial({ id: changeId, form: DownloadPatchRequest_Form.SERIES });
    const chunks: Buffer[] = [];
    for await (const { data } of fixture.clients.changes.downloadPatch(request)) chunks.push(data);
    const clone = `${project.path}.mailed`;
    await project.git('/', 'clone', '-q', project.path, clone);
    await writeFile(`${clone}.mbox`, Buffer.concat(chunks));
    await project.git(clone, 'checkout', '-q', '--detach', project.base);
    await project.git(clone, 'am', '-q', `${clone}.mbox`);
    expect(await project.git(clone, 'rev-parse', 'HEAD^{tree}', 'HEAD^')).toBe(`${treeId}\n${project.base}`);
    expect(await project.git(clone, 'log', '-1', '--format=%s|%(trailers:key=Heddle-Task)')).toMatch(
      /^see #7\|Heddle-Task: /,
    );
  });

  it('shows nothing of an earlier head that held a secret', async () => {
    const notices = [{ reason: 'SECRET_IN_CHANGE', path: 'a.txt', message: 'holds the value of the secret TOKEN' }];
    const attemptId = newId();
    const leaked = await project.capture({ 'a.txt': 'hunter2-hunter2\n' }, { attemptId, notices });
    await project.capture({ 'a.txt': 'none\n' }, { attemptId, number: 2 });
    const look = (role: string) =>
      requestContext.run({ requestId: '', principal: 'p', role, traceparent: '' }, () =>
        read(leaked.changeId, { sinceCommit: leaked.commit }),
      );
    await expect(look('DEVELOPER')).rejects.toMatchObject({ reason: 'SECRET_IN_CHANGE' });
    expect((await look('OPERATOR')).files).toHaveLength(1);
  });
});
