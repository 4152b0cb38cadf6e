import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  CreateLandingRequest,
  DownloadPatchRequest,
  ListChangeFilesRequest,
  GetDiffRequest,
  ListChangesRequest,
  Verdict_Decision,
} from '@heddle/contracts';
import { requestContext, type RequestContext } from '@heddle/platform/context';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { EvidenceConsumer } from '../evidence/evidence.consumer.js';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject, type SampleChange } from '../testing/sample-project.js';

const exec = promisify(execFile);

// Not within: what is removed there is removed before the service is stopped.
const temporary = useTemporaryDirectories();

await describeWith(['postgres', 'nats', 'temporal'], 'reviewing a change', (servers) => {
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
      'a.txt': '1\n2\n3\n',
      'gone.txt': 'g\n',
    });
  });

  const decide = (change: SampleChange, verdict: Verdict_Decision, headCommit = change.commit, requestId = '') =>
    fixture.clients.changes.createVerdict({
      requestId,
      changeId: change.changeId,
      verdict,
      headCommit,
      reasonClass: verdict === Verdict_Decision.REJECT ? 'INCORRECT' : '',
      comment: 'seen',
    });

  const as = (role: string): RequestContext => ({ requestId: '', principal: 'p', role, traceparent: '' });

  it('shows exactly what changed: files, pages of patches, and a patch that applies', async () => {
    const { changes } = fixture.clients;
    const change = await project.capture({
      'a.txt': '1\nTWO\n3\n',
      'gone.txt': null,
      'o\xffdd': 'x\n',
      'z.txt': 'z\n',
    });
    const shown = await changes.getChange({ id: change.changeId });
    expect(shown.files.map((file) => [file.path, file.status, file.additions, file.deletions])).toEqual([
      ['a.txt', 'MODIFIED', 1, 1],
      ['gone.txt', 'DELETED', 0, 1],
      ['o\ufffddd', 'ADDED', 1, 0],
      ['z.txt', 'ADDED', 1, 0],
    ]);
    expect(shown.files[2]?.pathBytes).toEqual(Buffer.from('o\xffdd', 'latin1'));
    expect(shown.stats).toEqual({ files: 4, additions: 3, deletions: 2 });

    const first = await changes.getDiff(GetDiffRequest.fromPartial({ id: change.changeId, pageSize: 3 }));
    const rest = await changes.getDiff(
      GetDiffRequest.fromPartial({ id: change.changeId, pageSize: 3, pageToken: first.nextPageToken }),
    );
    expect([...first.files, ...rest.files].map((file) => file.file?.path)).toEqual(
      shown.files.map((file) => file.path),
    );
    expect(rest.nextPageToken).toBe('');
    expect(first.files[0]?.patch).toContain('-2\n+TWO\n');
    const one = await changes.getDiff(GetDiffRequest.fromPartial({ id: change.changeId, path: 'z.txt' }));
    expect(one.files.map((file) => file.file?.path)).toEqual(['z.txt']);
    await expect(
      changes.getDiff(GetDiffRequest.fromPartial({ id: change.changeId, path: 'absent' })),
    ).rejects.toMatchObject({ reason: 'FILE_NOT_FOUND' });
    await expect(
      changes.getDiff(
        GetDiffRequest.fromPartial({ id: change.changeId, path: 'z.txt', pageToken: first.nextPageToken }),
      ),
    ).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
    const page = await changes.listChangeFiles(
      ListChangeFilesRequest.fromPartial({ id: change.changeId, pageSize: 2 }),
    );
    expect(page.files).toHaveLength(2);

    const patch = join(directory, `${newId()}.patch`);
    const chunks: Uint8Array[] = [];
    for await (const { data } of changes.downloadPatch(DownloadPatchRequest.fromPartial({ id: change.changeId })))
      chunks.push(data);
    await writeFile(patch, Buffer.concat(chunks));
    const env = { ...process.env, GIT_INDEX_FILE: join(directory, newId()), GIT_DIR: project.path };
    await exec('git', ['read-tree', project.base], { env });
    await exec('git', ['apply', '--cached', '--binary', patch], { env, cwd: directory });
    expect((await exec('git', ['write-tree'], { env })).stdout.trim()).toBe(change.treeId);
  });

  it('keeps its verdict when the same head is stored again, because the answer was lost', async () => {
    const change = await project.capture({ 'a.txt': 'a\n' });
    const { attemptId, taskId } = change;
    await decide(change, Verdict_Decision.APPROVE);
    const before = await fixture.clients.changes.getChange({ id: change.changeId });
    const again = await project.capture({ 'a.txt': 'a\n' }, { attemptId, taskId, number: 2 });
    expect(again.commit).toBe(change.commit);
    expect(await fixture.clients.changes.getChange({ id: change.changeId })).toEqual(before);
    expect(before.reviewState).toBe('APPROVED');
  });

  it('lists by filters, newest first, with tokens that hold for their filters only', async () => {
    const made = [
      await project.capture({ 'a.txt': 'a\n' }),
      await project.capture({ 'a.txt': 'b\n' }),
      await project.capture({ 'a.txt': 'c\n' }),
    ];
    await decide(made[0]!, Verdict_Decision.APPROVE);
    const list = (more: Partial<ListChangesRequest>) =>
      fixture.clients.changes.listChanges(ListChangesRequest.fromPartial({ batchId: project.batchId, ...more }));
    const first = await list({ pageSize: 2 });
    const second = await list({ pageSize: 2, pageToken: first.nextPageToken });
    expect([...first.changes, ...second.changes].map((change) => change.id)).toEqual(
      made.map((change) => change.changeId).reverse(),
    );
    expect(first.changes.every((change) => change.files.length === 0)).toBe(true);
    expect((await list({ reviewStates: [first.changes[0]!.reviewState] })).changes).toHaveLength(2);
    await expect(list({ batchId: newId(), pageToken: first.nextPageToken })).rejects.toMatchObject({
      reason: 'FIELD_INVALID',
    });
    await expect(fixture.clients.changes.getChange({ id: newId() })).rejects.toMatchObject({
      reason: 'CHANGE_NOT_FOUND',
    });
    await expect(fixture.clients.changes.getChange({ id: 'x' })).rejects.toMatchObject({ reason: 'CHANGE_NOT_FOUND' });
  });

  it('approves no empty change, and lets it be rejected', async () => {
    const empty = await project.capture({});
    await expect(decide(empty, Verdict_Decision.APPROVE)).rejects.toMatchObject({ reason: 'CHANGE_EMPTY' });
    expect((await decide(empty, Verdict_Decision.REJECT)).verdict).toBe('REJECT');
  });

  it('binds a verdict to the head that was seen, and forgets it when the change moves', async () => {
    const attemptId = newId();
    const change = await project.capture({ 'a.txt': 'a\n' }, { attemptId });
    const verdict = await decide(change, Verdict_Decision.APPROVE, change.commit, 'v-1');
    expect(await decide(change, Verdict_Decision.APPROVE, change.commit, 'v-1')).toEqual(verdict);
    await expect(decide(change, Verdict_Decision.REJECT, change.commit, 'v-1')).rejects.toMatchObject({
      reason: 'REQUEST_ID_REUSED',
    });
    expect((await fixture.clients.changes.getChange({ id: change.changeId })).reviewState).toBe('APPROVED');
    const moved = await project.capture({ 'a.txt': 'b\n' }, { attemptId, number: 2 });
    expect(await fixture.clients.changes.getChange({ id: change.changeId })).toMatchObject({
      reviewState: 'PENDING',
      revision: '3',
    });
    await expect(decide(change, Verdict_Decision.APPROVE)).rejects.toMatchObject({
      reason: 'CHANGE_MOVED',
      metadata: { headCommit: moved.commit },
    });
    await decide(moved, Verdict_Decision.REJECT);
    expect((await fixture.clients.changes.getChange({ id: change.changeId })).reviewState).toBe('REJECTED');
    const { verdicts } = await fixture.clients.changes.listVerdicts({ changeId: change.changeId });
    expect(verdicts.map((each) => each.verdict)).toEqual(['REJECT', 'APPROVE']);
    await expect(decide(moved, Verdict_Decision.DECISION_UNSPECIFIED)).rejects.toMatchObject({
      reason: 'FIELD_INVALID',
    });
  });

  it('is sent back with what is wanted, and its next head is judged anew', async () => {
    const attemptId = newId();
    const change = await project.capture({ 'a.txt': 'a\n' }, { attemptId });
    const { changes } = fixture.clients;
    const { changeId, commit: headCommit } = change;
    const wanted = { requestId: '', changeId, verdict: Verdict_Decision.REQUEST_CHANGES, headCommit, reasonClass: '' };
    await expect(changes.createVerdict({ ...wanted, comment: ' ' })).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
    await decide(change, Verdict_Decision.APPROVE);
    await changes.createVerdict({ ...wanted, comment: 'And tests.' });
    expect((await changes.getChange({ id: changeId })).reviewState).toBe('CHANGES_REQUESTED');
    const refused = fixture.clients.landings.createLanding(CreateLandingRequest.fromPartial({ changeId }));
    await expect(refused).rejects.toMatchObject({ reason: 'APPROVAL_MISSING' });
    await project.capture({ 'a.txt': 'b\n' }, { attemptId, number: 2 });
    expect((await changes.getChange({ id: changeId })).reviewState).toBe('PENDING');
  });

  it('neither approves nor lands what holds a secret, and shows its files to operators only', async () => {
    const { changes, landings } = fixture.clients;
    const notices = [{ reason: 'SECRET_IN_CHANGE', path: 'a.txt', message: 'holds the value of the secret TOKEN' }];
    const attemptId = newId();
    const change = await project.capture({ 'a.txt': 'hunter2-hunter2\n' }, { attemptId, notices });
    const id = change.changeId;
    const refused = { reason: 'SECRET_IN_CHANGE', metadata: { id, paths: 'a.txt' } };
    await expect(decide(change, Verdict_Decision.APPROVE)).rejects.toMatchObject(refused);
    // Approved when the notice was not there yet: a landing looks itself.
    await fixture.dataSource.query(`UPDATE changes SET review_state = 'APPROVED' WHERE id = $1`, [id]);
    const landing = CreateLandingRequest.fromPartial({ changeId: id });
    await expect(landings.createLanding(landing)).rejects.toMatchObject(refused);

    const patch = async () => {
      for await (const { data } of changes.downloadPatch(DownloadPatchRequest.fromPartial({ id })))
        expect(data).toBeDefined();
    };
    const looks: (() => Promise<unknown>)[] = [
      () => changes.getDiff(GetDiffRequest.fromPartial({ id })),
      () => changes.listChangeFiles(ListChangeFilesRequest.fromPartial({ id })),
      patch,
    ];
    for (const look of looks) {
      await requestContext.run(as('DEVELOPER'), () => expect(look()).rejects.toMatchObject(refused));
      await requestContext.run(as('OPERATOR'), look);
    }
    const seen = (role: string) => requestContext.run(as(role), () => changes.getChange({ id }));
    expect((await seen('DEVELOPER')).files).toEqual([]);
    expect((await seen('OPERATOR')).files).toHaveLength(1);

    const clean = await project.capture({ 'a.txt': 'none\n' }, { attemptId, number: 2 });
    expect((await seen('DEVELOPER')).files).toHaveLength(1);
    await decide(clean, Verdict_Decision.APPROVE);
  });

  it('takes an attempt event as a hint to read the evidence of exactly this tree', async () => {
    const change = await project.capture({ 'a.txt': 'a\n' });
    const consumer = fixture.app.get(EvidenceConsumer);
    const hint = () => consumer.take({ data: { attempt: { id: change.attemptId, state: 'CHECKING' } } });
    fixture.scheduler.checked(change.attemptId, 'f'.repeat(40), { unit: 'PASSED' });
    await hint();
    expect(await fixture.clients.changes.getChange({ id: change.changeId })).toMatchObject({
      checks: [],
      revision: '1',
    });
    fixture.scheduler.checked(change.attemptId, change.treeId, { unit: 'FAILED' });
    await hint();
    await hint();
    expect(await fixture.clients.changes.getChange({ id: change.changeId })).toMatchObject({
      checks: [{ name: 'unit', state: 'FAILED' }],
      revision: '2',
    });
    const rows: { type: string; version: string }[] = await fixture.dataSource.query(
      `SELECT type, version FROM outbox WHERE aggregate_id = $1 ORDER BY version`,
      [change.changeId],
    );
    expect(rows).toEqual([
      { type: 'change.created', version: '1' },
      { type: 'change.updated', version: '2' },
    ]);
  });
});
