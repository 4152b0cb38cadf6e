import { describe, expect, it } from '@jest/globals';
import { json, type Routes } from '@heddle/sdk/testing';
import { useHeddleCommand } from './testing/heddle-command.js';
import { change, comment, fileDiff, IDS, overlap } from './testing/samples.js';

const CHANGE = IDS.change(1);
const path = (rest: string) => `/v1/changes/${CHANGE}${rest}`;
const thread = comment(1);
const reply = comment(2, { threadId: thread.id, text: 'Because.' });

const routes: Routes = {
  [`GET /v1/changes/${CHANGE}`]: json(change(1)),
  [`GET ${path('/diff')}`]: json({ baseCommit: '', headCommit: '', files: [fileDiff()], nextPageToken: '' }),
  [`GET ${path('/files')}`]: json({ files: [fileDiff().file], nextPageToken: '' }),
  [`GET ${path('/comments')}`]: json({ comments: [thread, reply], nextPageToken: '' }),
  'GET /v1/overlaps': json({ pairs: [overlap()], pendingPairs: 0, nextPageToken: '' }),
};

describe('reading a change', () => {
  const heddle = useHeddleCommand('Read from a pipe.\n');

  it('shows the files, each line and what was said about it, and what to do next', async () => {
    const done = await heddle.run(routes, 'review', CHANGE);
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout).toMatch(/^MODIFIED +1 +1 +src\/cart\.js$/m);
    expect(done.stdout).toMatch(/\+ const total = 2;\n┃ ada .*OPEN\n┃ Why\?\n┃ ↳ ada/);
    expect(done.stderr).toContain('request-changes 000c4a01 (1 open threads go with it)');
    const all = await heddle.run(routes, 'review', CHANGE, '--json');
    expect(JSON.parse(all.stdout)).toMatchObject({
      change: { id: CHANGE },
      comments: [{ id: thread.id }, {}],
      files: [{}],
    });
  });

  it('asks for a file, for what has come since, and for what is more than white space', async () => {
    await heddle.run(routes, 'review', CHANGE, '--file', 'src/cart.js', '--since', 'abc', '-w');
    const asked = heddle.server.seen.find(({ url }) => url.includes('/diff'))?.url ?? '';
    expect(Object.fromEntries(new URLSearchParams(asked.split('?')[1]))).toEqual({
      path: 'src/cart.js',
      sinceCommit: 'abc',
      ignoreWhitespace: 'true',
    });
  });

  it('begins threads about lines, files and all of it, at the head that is there', async () => {
    const to = { ...routes, [`POST ${path('/comments')}`]: json(thread) };
    const body = () => heddle.server.seen.at(-1)?.body;
    const added = await heddle.run(
      to,
      'comment',
      'add',
      CHANGE,
      '--file',
      'src/cart.js',
      '--line',
      '2-4',
      '--old',
      'Why?',
    );
    expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('src/cart.js:2') });
    const { headCommit } = change(1);
    expect(body()).toMatchObject({
      text: 'Why?',
      anchor: { path: 'src/cart.js', side: 'OLD', startLine: 2, endLine: 4, headCommit },
    });
    await heddle.run(to, 'comment', 'add', CHANGE, '-');
    expect(body()).toMatchObject({ text: 'Read from a pipe.\n' });
    expect(body()).not.toHaveProperty('anchor');
    for (const wrong of [['--line', '2'], ['--old'], ['--file', 'a', '--line', '0'], ['--file', 'a', '--line', '4-2']])
      expect(await heddle.run(to, 'comment', 'add', CHANGE, 'x', ...wrong)).toMatchObject({ code: 2 });
  });

  it('lists threads, and answers, settles and opens the one that is meant', async () => {
    const listed = await heddle.run(routes, 'comment', 'ls', CHANGE, '--open');
    expect(heddle.server.seen.at(-1)?.url).toContain('states=OPEN');
    expect(listed.stdout).toMatch(/^src\/cart\.js:2\n┃ ada .*\n┃ > const total = 2;\n┃ Why\?\n┃ ↳/);
    const resolved = {
      ...routes,
      [`POST /v1/comments/${reply.id}:resolve`]: json({ ...thread, state: 'RESOLVED', resolver: 'ada' }),
    };
    expect((await heddle.run(resolved, 'comment', 'resolve', CHANGE, '00c03e02')).stdout).toContain('RESOLVED by ada');
    const answered = { ...routes, [`POST ${path('/comments')}`]: json(reply) };
    expect(await heddle.run(answered, 'comment', 'reply', CHANGE, '00c03e02', 'Because.')).toMatchObject({ code: 0 });
    expect(heddle.server.seen.at(-1)?.body).toMatchObject({ text: 'Because.', threadId: thread.id });
    expect(await heddle.run(routes, 'comment', 'reopen', CHANGE, 'ffffffff')).toMatchObject({ code: 3 });
    const edited = { ...routes, [`PATCH /v1/comments/${thread.id}`]: json({ ...thread, text: 'Why so?' }) };
    expect((await heddle.run(edited, 'comment', 'edit', CHANGE, '00c03e01', 'Why so?')).stdout).toContain('Why so?');
    const gone = { ...routes, [`DELETE /v1/comments/${thread.id}`]: json({}) };
    expect((await heddle.run(gone, 'comment', 'delete', CHANGE, '00c03e01')).stdout).toContain('deleted');
  });

  it('sets two changes side by side', async () => {
    const side = (n: number) => ({
      changeId: IDS.change(n),
      attemptId: IDS.attempt(n),
      baseCommit: '',
      headCommit: 'fedcba9876543210',
    });
    const region = { kind: 'DIFFERENT', baseStart: 2, baseLines: ['old'], firstLines: ['one'], secondLines: [] };
    const compared = (kind: string, name: string, regions: object[]) => ({
      kind,
      path: name,
      regions,
      hunks: [],
      binary: false,
      tooLarge: false,
    });
    const answer = {
      first: side(1),
      second: side(2),
      stats: { onlyFirst: 1, onlySecond: 0, same: 0, different: 1 },
      nextPageToken: '',
    };
    const both: Routes = {
      'GET /v1/changes:compare': (response, request) =>
        json(
          request.url.includes('pageToken=p2')
            ? { ...answer, files: [compared('DIFFERENT', 'b\u001b[2J.js', [region])] }
            : { ...answer, files: [compared('ONLY_FIRST', 'a.js', [])], nextPageToken: 'p2' },
        )(response, request),
      [`GET /v1/changes/${IDS.change(2)}`]: json(change(2)),
      [`GET /v1/changes/${CHANGE}`]: json(change(1)),
    };
    const done = await heddle.run(both, 'compare', CHANGE, IDS.change(2), '-w');
    expect(done).toMatchObject({ code: 0 });
    expect(heddle.server.seen.at(-1)?.url).toContain(
      `changeIds=${CHANGE}&changeIds=${IDS.change(2)}&ignoreWhitespace=true`,
    );
    expect(done.stdout.split('\n')).toEqual([
      'A change 000c4a01 at fedcba9876',
      'B change 000c4a02 at fedcba9876',
      'Files: 1 only in A, 0 only in B, 0 alike, 1 different',
      '',
      'A a.js',
      '≠ b␛[2J.js',
      '',
      '━━ b␛[2J.js',
      '@@ line 2, both, differently',
      '- old',
      'A one',
      'B (nothing)',
      '',
    ]);
    const all = await heddle.run(both, 'compare', CHANGE, IDS.change(2), '--json');
    expect(JSON.parse(all.stdout)).toMatchObject({ files: [{ path: 'a.js' }, {}] });
  });
});
