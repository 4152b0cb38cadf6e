import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  Comment_Anchor,
  Comment_Side,
  Comment_State,
  CreateCommentRequest,
  ListCommentsRequest,
  UpdateCommentRequest,
  Verdict_Decision,
} from '@heddle/contracts';
import { requestContext } from '@heddle/platform/context';
import { newId } from '@heddle/platform/ids';
import { describeWith, useTemporaryDirectories } from '@heddle/testing';
import { reviewFixture, type ReviewFixture } from '../testing/review-fixture.js';
import { SampleProject, type SampleChange } from '../testing/sample-project.js';

const temporary = useTemporaryDirectories();

const BASE = 'first line of the base\nsecond line of the base\nthird line of the base\n';

await describeWith(['postgres', 'nats', 'temporal'], 'comments on a change', (servers) => {
  let directory: string;
  let fixture: ReviewFixture;
  let project: SampleProject;
  beforeAll(async () => {
    directory = await temporary('comments');
    fixture = await reviewFixture(servers, join(directory, 'data'));
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    project = await SampleProject.create(fixture, join(directory, newId()), { 'a.txt': BASE, 'b.txt': BASE });
  });

  const as = <T>(principal: string, work: () => Promise<T>, role = 'DEVELOPER') =>
    requestContext.run({ requestId: '', principal, role, traceparent: '' }, work);
  const comment = (change: SampleChange, anchor?: Partial<Comment_Anchor>, more: Partial<CreateCommentRequest> = {}) =>
    fixture.clients.changes.createComment(
      CreateCommentRequest.fromPartial({
        changeId: change.changeId,
        text: 'Why?',
        ...(anchor === undefined ? {} : { anchor: Comment_Anchor.fromPartial(anchor) }),
        ...more,
      }),
    );
  const list = async (change: SampleChange, more: Partial<ListCommentsRequest> = {}) =>
    (
      await fixture.clients.changes.listComments(
        ListCommentsRequest.fromPartial({ changeId: change.changeId, ...more }),
      )
    ).comments;
  const next = (change: SampleChange, files: Record<string, string | null>, number: number) =>
    project.capture(files, { attemptId: change.attemptId, taskId: change.taskId, number });

  it('are about lines, a side of a file, a file or all of it, and say what they are about', async () => {
    const change = await project.capture({ 'a.txt': `${BASE}fourth\nfifth\n` });
    expect(await comment(change, { path: 'a.txt', startLine: 4, endLine: 5 })).toMatchObject({
      text: 'Why?',
      state: 'OPEN',
      anchor: {
        headCommit: change.commit,
        path: 'a.txt',
        side: 'NEW',
        startLine: 4,
        endLine: 5,
        quote: 'fourth\nfifth',
      },
      position: { state: 'CURRENT', path: 'a.txt', startLine: 4, endLine: 5 },
      etag: '1',
    });
    const old = await comment(change, { path: 'a.txt', side: Comment_Side.OLD, startLine: 2 });
    expect(old.anchor).toMatchObject({ side: 'OLD', endLine: 2, quote: 'second line of the base' });
    expect((await comment(change, { path: 'a.txt' })).anchor).toMatchObject({ startLine: 0, quote: '' });
    const whole = await comment(change);
    expect([whole.anchor, whole.position]).toEqual([undefined, undefined]);
    expect(await list(change)).toHaveLength(4);
    expect(await fixture.clients.changes.getComment({ id: old.id })).toEqual(old);
  });

  it('stay with their lines over turns: moved, in a renamed file, outdated, and back again', async () => {
    const attempt = await project.capture({ 'a.txt': `${BASE}a line written by the first turn\n` });
    const line = await comment(attempt, { path: 'a.txt', startLine: 4 });
    const old = await comment(attempt, { path: 'a.txt', side: Comment_Side.OLD, startLine: 3 });
    const file = await comment(attempt, { path: 'a.txt' });
    const where = async () => new Map((await list(attempt)).map(({ id, position }) => [id, position]));

    await next(attempt, { 'a.txt': `new\nnew\n${BASE}a line written by the first turn\n` }, 2);
    expect((await where()).get(line.id)).toMatchObject({ state: 'CURRENT', startLine: 6, endLine: 6 });
    expect((await where()).get(old.id)).toMatchObject({ state: 'CURRENT', startLine: 3 });

    await next(attempt, { 'a.txt': null, 'renamed.txt': `${BASE}a line written by the first turn\nx\n` }, 3);
    expect((await where()).get(line.id)).toMatchObject({ state: 'CURRENT', path: 'renamed.txt', startLine: 4 });
    expect((await where()).get(file.id)).toMatchObject({ state: 'CURRENT', path: 'renamed.txt', startLine: 0 });

    await next(attempt, { 'a.txt': `${BASE}rewritten\n` }, 4);
    expect((await where()).get(line.id)).toMatchObject({ state: 'OUTDATED', path: 'a.txt', startLine: 0 });

    await next(attempt, { 'a.txt': null }, 5);
    expect((await where()).get(file.id)).toMatchObject({ state: 'OUTDATED' });
    expect((await where()).get(old.id)).toMatchObject({ state: 'CURRENT', startLine: 3 });

    await next(attempt, { 'a.txt': `a line written by the first turn\n${BASE}` }, 6);
    expect((await where()).get(line.id)).toMatchObject({ state: 'CURRENT', startLine: 1 });
  });

  it('may be made of what an earlier turn left, and are placed in what is now', async () => {
    const first = await project.capture({ 'a.txt': `${BASE}seen by the reviewer\n` });
    await next(first, { 'a.txt': `on top\n${BASE}seen by the reviewer\n` }, 2);
    const late = await comment(first, { headCommit: first.commit, path: 'a.txt', startLine: 4 });
    expect(late).toMatchObject({
      anchor: { headCommit: first.commit, startLine: 4, quote: 'seen by the reviewer' },
      position: { state: 'CURRENT', startLine: 5 },
    });
    const foreign = await project.capture({ 'a.txt': 'x\n' });
    await expect(comment(first, { headCommit: foreign.commit, path: 'a.txt' })).rejects.toMatchObject({
      reason: 'CHECKPOINT_NOT_FOUND',
    });
  });

  it('are threads with replies, which are resolved and reopened as one', async () => {
    const { changes } = fixture.clients;
    const change = await project.capture({ 'a.txt': 'x\n' });
    const first = await as('ada', () => comment(change, { path: 'a.txt', startLine: 1 }));
    const other = await comment(change);
    const reply = await as('bob', () => comment(change, undefined, { threadId: first.id, text: 'Because.' }));
    expect(reply).toMatchObject({ threadId: first.id, principal: 'bob', anchor: { quote: 'x' } });
    expect((await list(change)).map(({ id }) => id)).toEqual([first.id, reply.id, other.id]);

    const resolve = { requestId: 'r-1', id: reply.id };
    const resolved = await as('bob', () => changes.resolveComment(resolve));
    expect(resolved).toMatchObject({ id: first.id, state: 'RESOLVED', resolver: 'bob', revision: '2' });
    expect(await as('bob', () => changes.resolveComment(resolve))).toEqual(resolved);
    expect(await changes.resolveComment({ requestId: '', id: first.id })).toMatchObject({
      resolver: 'bob',
      revision: '2',
    });
    expect((await list(change, { states: [Comment_State.OPEN] })).map(({ id }) => id)).toEqual([other.id]);
    expect(await list(change, { states: [Comment_State.RESOLVED] })).toMatchObject([
      { state: 'RESOLVED' },
      { id: reply.id },
    ]);
    const reopened = await changes.reopenComment({ requestId: '', id: first.id });
    expect(reopened).toMatchObject({ state: 'OPEN', resolver: '' });
    expect(reopened.resolveTime).toBeUndefined();
    await expect(comment(change, undefined, { threadId: reply.id })).rejects.toMatchObject({ reason: 'FIELD_INVALID' });

    const events: { type: string }[] = await fixture.dataSource.query(
      `SELECT type FROM outbox WHERE aggregate = 'comment' AND aggregate_id = $1 ORDER BY version`,
      [first.id],
    );
    expect(events.map(({ type }) => type)).toEqual(['comment.created', 'comment.resolved', 'comment.reopened']);
  });

  it('are edited and deleted by their authors only, of what they saw', async () => {
    const { changes } = fixture.clients;
    const change = await project.capture({ 'a.txt': 'x\n' });
    const mine = await as('ada', () => comment(change));
    const edit = (text: string, etag = '') =>
      changes.updateComment(UpdateCommentRequest.fromPartial({ comment: { id: mine.id, text, etag } }));
    await expect(as('bob', () => edit('Mine now.'), 'OPERATOR')).rejects.toMatchObject({ reason: 'NOT_AUTHOR' });
    expect(await as('ada', () => edit('Why so?', '1'))).toMatchObject({ text: 'Why so?', revision: '2' });
    await expect(as('ada', () => edit('Again', '1'))).rejects.toMatchObject({ reason: 'VERSION_CONFLICT' });
    await expect(as('bob', () => changes.deleteComment({ id: mine.id, etag: '' }))).rejects.toMatchObject({
      reason: 'NOT_AUTHOR',
    });
    const reply = await as('bob', () => comment(change, undefined, { threadId: mine.id, text: 'So.' }));
    await as('ada', () => changes.deleteComment({ id: mine.id, etag: '' }));
    await as('ada', () => changes.deleteComment({ id: mine.id, etag: '' }));
    expect(await list(change)).toMatchObject([
      { id: mine.id, deleted: true, text: '' },
      { id: reply.id, text: 'So.' },
    ]);
    await expect(changes.getComment({ id: mine.id })).rejects.toMatchObject({ reason: 'COMMENT_NOT_FOUND' });
    await as('bob', () => changes.deleteComment({ id: reply.id, etag: '' }));
    expect(await list(change)).toEqual([]);
  });

  it('are made once, come in pages, and are refused where they can not be', async () => {
    const change = await project.capture({ 'a.txt': 'x\ny\n' });
    const once = await comment(change, { path: 'a.txt', startLine: 2 }, { requestId: 'c-1' });
    expect(await comment(change, { path: 'a.txt', startLine: 2 }, { requestId: 'c-1' })).toEqual(once);
    await comment(change, undefined, { threadId: once.id });
    await comment(change);
    const request = { changeId: change.changeId, pageSize: 2 };
    const page = await fixture.clients.changes.listComments(ListCommentsRequest.fromPartial(request));
    const rest = await list(change, { pageSize: 2, pageToken: page.nextPageToken });
    expect(page.comments).toHaveLength(2);
    expect(rest.map(({ anchor }) => anchor)).toEqual([undefined]);
    const wrong: [Partial<Comment_Anchor> | undefined, Partial<CreateCommentRequest>, string][] = [
      [undefined, { text: ' ' }, 'FIELD_INVALID'],
      [undefined, { text: 'x'.repeat(65_537) }, 'FIELD_INVALID'],
      [undefined, { changeId: newId() }, 'CHANGE_NOT_FOUND'],
      [undefined, { threadId: newId() }, 'COMMENT_NOT_FOUND'],
      [{ path: 'a.txt', startLine: 1 }, { threadId: once.id }, 'FIELD_INVALID'],
      [{ startLine: 1 }, {}, 'FIELD_INVALID'],
      [{ path: 'a.txt', startLine: 3 }, {}, 'FIELD_INVALID'],
      [{ path: 'a.txt', startLine: -1 }, {}, 'FIELD_INVALID'],
      [{ path: 'a.txt', startLine: 2, endLine: 1 }, {}, 'FIELD_INVALID'],
      [{ path: 'b.txt', startLine: 1 }, {}, 'FILE_NOT_FOUND'],
    ];
    for (const [anchor, more, reason] of wrong)
      await expect(comment(change, anchor, more)).rejects.toMatchObject({ reason });
  });

  it('are what the agent is told when changes are asked for, where they are at the head that it goes on with', async () => {
    const { changes } = fixture.clients;
    const first = await project.capture({ 'a.txt': `${BASE}wants a better name\n` });
    const line = await comment(first, { path: 'a.txt', startLine: 4 }, { text: 'Rename it.' });
    await comment(first, undefined, { threadId: line.id, text: 'To total.' });
    const done = await comment(first, undefined, { text: 'Already done.' });
    await changes.resolveComment({ requestId: '', id: done.id });
    const second = await next(first, { 'a.txt': `on top\n${BASE}wants a better name\n` }, 2);
    const ask = (headCommit: string, wanted = '') =>
      changes.createVerdict({
        requestId: '',
        changeId: first.changeId,
        verdict: Verdict_Decision.REQUEST_CHANGES,
        headCommit,
        reasonClass: '',
        comment: wanted,
      });
    await expect(ask(first.commit)).rejects.toMatchObject({ reason: 'CHANGE_MOVED' });
    const threads =
      'Open comments of the review:\n\n1. a.txt:5:\n   > wants a better name\n   Rename it.\n   To total.';
    expect(await ask(second.commit)).toMatchObject({ comment: '', message: threads });
    expect(await ask(second.commit, 'Nearly.')).toMatchObject({ comment: 'Nearly.', message: `Nearly.\n\n${threads}` });
    await changes.resolveComment({ requestId: '', id: line.id });
    await expect(ask(second.commit)).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
    expect(await ask(second.commit, 'Only this.')).toMatchObject({ message: 'Only this.' });
  });

  it('quote nothing of a change that holds a secret, and tell nobody else its files', async () => {
    const notices = [{ reason: 'SECRET_IN_CHANGE', path: 'a.txt', message: 'holds the value of the secret TOKEN' }];
    const clean = await project.capture({ 'a.txt': 'x\n' });
    const about = await comment(clean, { path: 'a.txt', startLine: 1 });
    const leaked = await project.capture(
      { 'a.txt': 'x\nhunter2-hunter2\n' },
      { attemptId: clean.attemptId, number: 2, notices },
    );
    await expect(as('p', () => comment(leaked, { path: 'a.txt', startLine: 2 }), 'OPERATOR')).rejects.toMatchObject({
      reason: 'SECRET_IN_CHANGE',
    });
    expect(await as('p', () => comment(leaked))).toMatchObject({ text: 'Why?' });
    const seen = (role: string) => as('p', () => fixture.clients.changes.getComment({ id: about.id }), role);
    expect((await seen('DEVELOPER')).position).toBeUndefined();
    expect((await seen('OPERATOR')).position).toMatchObject({ state: 'CURRENT' });
  });
});
