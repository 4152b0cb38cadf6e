import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as recorded from './forge-answers.js';
import { ForgeAwayError, ForgeRefusal, type Forge } from './forge.js';
import { ForgeConnection } from './forge-connection.js';
import { Gitea, giteaHeaders } from './gitea.js';
import { GitHub, gitHubHeaders } from './github.js';
import { GitLab, gitLabHeaders } from './gitlab.js';
import * as reviews from './review-answers.js';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

let server: Server;
let asked: Asked[];
interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
}

let answer: Answer;
/** By path, before all others. */
let answers: Record<string, Answer>;
let port: number;

beforeAll(async () => {
  server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  asked = [];
  answer = { status: 200, body: {} };
  answers = {};
});

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://forge');
  const text = Buffer.concat(chunks).toString();
  asked.push({
    method: request.method ?? '',
    path: pathname,
    query: Object.fromEntries(searchParams),
    authorization: request.headers.authorization,
    body: text === '' ? undefined : JSON.parse(text),
  });
  const { status, headers, body } = answers[pathname] ?? answer;
  response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** The name is nobody's: only the address that was allowed is connected to. */
const connect = (headers: Record<string, string>) =>
  new ForgeConnection({ apiUrl: `http://forge.invalid:${String(port)}/api`, address: '127.0.0.1', headers });

const FORGES = {
  GitHub: () => new GitHub(connect(gitHubHeaders('t0ken')), 'acme', 'shop'),
  GitLab: () => new GitLab(connect(gitLabHeaders('t0ken')), ['acme', 'web', 'shop']),
  Gitea: () => new Gitea(connect(giteaHeaders('t0ken')), 'acme', 'shop'),
} as const satisfies Record<string, () => Forge>;

const WANTED = { head: 'heddle/1', base: 'release/1', title: 'Fix', body: 'Tested' };

describe('pull requests by recorded answers', () => {
  it.each([
    ['GitHub', recorded.GITHUB_OPEN, { kind: 'OPEN' }],
    ['GitHub', recorded.GITHUB_CLOSED, { kind: 'CLOSED' }],
    ['GitHub', recorded.GITHUB_MERGED, { kind: 'MERGED', commit: recorded.MERGE }],
    ['GitLab', recorded.GITLAB_OPEN, { kind: 'OPEN' }],
    ['GitLab', { ...recorded.GITLAB_OPEN, state: 'locked' }, { kind: 'OPEN' }],
    ['GitLab', recorded.GITLAB_CLOSED, { kind: 'CLOSED' }],
    ['GitLab', recorded.GITLAB_MERGED, { kind: 'MERGED', commit: recorded.MERGE }],
    ['GitLab', recorded.GITLAB_SQUASHED, { kind: 'MERGED', commit: recorded.MERGE }],
    ['GitLab', recorded.GITLAB_FAST_FORWARDED, { kind: 'MERGED', commit: recorded.MERGE }],
    ['Gitea', recorded.GITEA_OPEN, { kind: 'OPEN' }],
    ['Gitea', recorded.GITEA_CLOSED, { kind: 'CLOSED' }],
    ['Gitea', recorded.GITEA_MERGED, { kind: 'MERGED', commit: recorded.MERGE }],
  ] as const)('%s: reads what became of one (%#)', async (name, body, state) => {
    answer = { status: 200, body };
    const found = await FORGES[name]().read(9);
    expect(found.state).toEqual(state);
    expect(found.url).toMatch(/^https:/);
  });

  it.each([
    ['GitHub', recorded.GITHUB_OPEN, '/api/repos/acme/shop/pulls', 'Bearer t0ken'],
    ['GitLab', recorded.GITLAB_OPEN, '/api/projects/acme%2Fweb%2Fshop/merge_requests', 'Bearer t0ken'],
    ['Gitea', recorded.GITEA_OPEN, '/api/repos/acme/shop/pulls', 'token t0ken'],
  ] as const)('%s: opens one, reads it, gives it another text, closes it', async (name, body, path, authorization) => {
    const forge = FORGES[name]();
    answer = { status: 201, body };
    const { number } = await forge.open(WANTED);
    await forge.read(number);
    await forge.describe(number, 'Tested again');
    await forge.close(number);
    const isGitLab = name === 'GitLab';
    expect(asked).toEqual([
      {
        method: 'POST',
        path,
        query: {},
        authorization,
        body: isGitLab
          ? { source_branch: 'heddle/1', target_branch: 'release/1', title: 'Fix', description: 'Tested' }
          : WANTED,
      },
      { method: 'GET', path: `${path}/${String(number)}`, query: {}, authorization, body: undefined },
      {
        method: isGitLab ? 'PUT' : 'PATCH',
        path: `${path}/${String(number)}`,
        query: {},
        authorization,
        body: isGitLab ? { description: 'Tested again' } : { body: 'Tested again' },
      },
      {
        method: isGitLab ? 'PUT' : 'PATCH',
        path: `${path}/${String(number)}`,
        query: {},
        authorization,
        body: isGitLab ? { state_event: 'close' } : { state: 'closed' },
      },
    ]);
  });

  it('are found by their head branch', async () => {
    answer = { status: 200, body: [{ ...recorded.GITHUB_OPEN, head: { ref: 'other' } }, recorded.GITHUB_OPEN] };
    expect(await FORGES.GitHub().find('heddle/1', 'main')).toMatchObject({ number: 1347 });
    answer = { status: 200, body: [{ ...recorded.GITHUB_OPEN, head: { ref: 'other' } }] };
    expect(await FORGES.GitHub().find('heddle/1', 'main')).toBeUndefined();
    answer = { status: 200, body: [recorded.GITLAB_OPEN] };
    expect(await FORGES.GitLab().find('heddle/1', 'main')).toMatchObject({ number: 7 });
    answer = { status: 200, body: recorded.GITEA_OPEN };
    expect(await FORGES.Gitea().find('heddle/1', 'release/1')).toMatchObject({ number: 4 });
    answer = { status: 404, body: { message: 'not found' } };
    expect(await FORGES.Gitea().find('heddle/1', 'main')).toBeUndefined();
    expect(asked.map(({ path, query }) => [path, query['head'] ?? query['source_branch'], query['state']])).toEqual([
      ['/api/repos/acme/shop/pulls', 'acme:heddle/1', 'all'],
      ['/api/repos/acme/shop/pulls', 'acme:heddle/1', 'all'],
      ['/api/projects/acme%2Fweb%2Fshop/merge_requests', 'heddle/1', 'all'],
      ['/api/repos/acme/shop/pulls/release%2F1/heddle/1', undefined, undefined],
      ['/api/repos/acme/shop/pulls/main/heddle/1', undefined, undefined],
    ]);
  });

  it('have no page where the forge names what no browser should open', async () => {
    answer = { status: 200, body: { ...recorded.GITEA_OPEN, html_url: 'javascript:alert(1)' } };
    expect(await FORGES.Gitea().read(4)).toMatchObject({ url: '' });
  });
});

describe('reviews by recorded answers', () => {
  const ok = (body: unknown): Answer => ({ status: 200, body });
  const { loud, fine, file } = reviews.SAID_OF_LINES;

  it('GitHub: what was asked for and not dismissed, and what was said of lines', async () => {
    const path = '/api/repos/acme/shop/pulls/9';
    answers = {
      [`${path}/reviews`]: ok(reviews.GITHUB_REVIEWS),
      [`${path}/comments`]: ok(reviews.GITHUB_COMMENTS),
    };
    const author = { principal: 'github:ann', handle: 'ann' };
    expect(await FORGES.GitHub().remarks(9)).toEqual([
      { id: 'review 80', author, text: 'Spell it out.' },
      { id: 'comment 10', author, ...loud },
      { id: 'comment 11', author, ...fine },
      { id: 'comment 12', author, ...file },
    ]);
  });

  it('GitLab: what was said in threads that are open', async () => {
    answers = {
      '/api/projects/acme%2Fweb%2Fshop/merge_requests/9/discussions': ok(reviews.GITLAB_DISCUSSIONS),
    };
    const author = { principal: 'gitlab:ann', handle: '5' };
    expect(await FORGES.GitLab().remarks(9)).toEqual([
      { id: 'note 1', author, ...loud },
      { id: 'note 2', author, ...fine },
      { id: 'note 3', author, text: 'Spell it out.' },
    ]);
  });

  it('Gitea: the same, each line as the reviewer saw it', async () => {
    const path = '/api/repos/acme/shop/pulls/9/reviews';
    answers = { [path]: ok(reviews.GITEA_REVIEWS), [`${path}/80/comments`]: ok(reviews.GITEA_COMMENTS) };
    const author = { principal: 'gitea:ann', handle: 'ann' };
    expect(await FORGES.Gitea().remarks(9)).toEqual([
      { id: 'review 80', author, text: 'Spell it out.' },
      { id: 'comment 10', author, ...loud },
      { id: 'comment 11', author, ...fine },
      { id: 'comment 12', author, ...file },
    ]);
  });

  it('are read page by page, up to the tenth', async () => {
    answer = ok(Array.from({ length: 50 }, () => reviews.GITHUB_COMMENTS[0]));
    answers = { '/api/repos/acme/shop/pulls/9/reviews': ok([]) };
    expect(await FORGES.GitHub().remarks(9)).toHaveLength(500);
    expect(asked.map(({ query }) => query['page'])).toEqual([
      '1',
      ...Array.from({ length: 10 }, (_, n) => String(n + 1)),
    ]);
  });

  it.each(['../../..', '', 'a/b', 'a b', 'x'.repeat(101), 'a\nb'])('are of nobody whose name is %j', async (login) => {
    answers = {
      '/api/repos/acme/shop/pulls/9/comments': ok([]),
      '/api/repos/acme/shop/pulls/9/reviews': ok([{ ...reviews.GITHUB_REVIEWS[0], user: { login } }]),
    };
    expect(await FORGES.GitHub().remarks(9)).toEqual([]);
  });

  it.each([
    ['GitHub', '/api/repos/acme/shop/collaborators/ann/permission', 'ann', { permission: 'admin' }, true],
    ['GitHub', '/api/repos/acme/shop/collaborators/ann/permission', 'ann', { permission: 'write' }, true],
    ['GitHub', '/api/repos/acme/shop/collaborators/ann/permission', 'ann', { permission: 'read' }, false],
    ['GitHub', '/api/repos/acme/shop/collaborators/ann/permission', 'ann', { permission: 'none' }, false],
    ['GitLab', '/api/projects/acme%2Fweb%2Fshop/members/all/5', '5', { id: 5, access_level: 40 }, true],
    ['GitLab', '/api/projects/acme%2Fweb%2Fshop/members/all/5', '5', { id: 5, access_level: 30 }, true],
    ['GitLab', '/api/projects/acme%2Fweb%2Fshop/members/all/5', '5', { id: 5, access_level: 20 }, false],
    ['Gitea', '/api/repos/acme/shop/collaborators/ann/permission', 'ann', { permission: 'owner' }, true],
    ['Gitea', '/api/repos/acme/shop/collaborators/ann/permission', 'ann', { permission: 'read' }, false],
  ] as const)('%s: counts who may push (%#)', async (name, path, handle, body, may) => {
    answer = { status: 404, body: { message: 'Not Found' } };
    expect(await FORGES[name]().mayWrite({ principal: 'x:ann', handle })).toBe(false);
    answers = { [path]: ok(body) };
    expect(await FORGES[name]().mayWrite({ principal: 'x:ann', handle })).toBe(may);
    answers = { [path]: { status: 403, body: { message: 'Only admins' } } };
    await expect(FORGES[name]().mayWrite({ principal: 'x:ann', handle })).rejects.toBeInstanceOf(ForgeRefusal);
  });
});

describe('what a forge refuses', () => {
  it.each([
    [401, { message: 'Bad credentials' }, 'Bad credentials'],
    [403, { message: 'Resource not accessible' }, 'Resource not accessible'],
    [404, { message: '404 Project Not Found' }, '404 Project Not Found'],
    [409, { message: ['Another open merge request already exists'] }, 'Another open merge request'],
    [
      422,
      { message: 'Validation Failed', errors: [{ message: 'No commits between main and x' }] },
      'No commits between',
    ],
    [302, '', '302'],
  ])('%d is final, with its words', async (status, body, said) => {
    answer = { status, headers: status === 302 ? { Location: `http://127.0.0.1:${String(port)}/there` } : {}, body };
    const error: unknown = await FORGES.GitHub()
      .open(WANTED)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ForgeRefusal);
    expect(error).toMatchObject({ status, message: expect.stringContaining(said) });
    // No redirect is followed.
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['it is down', 502, {}, 'Bad gateway'],
    ['it is asked too often', 429, {}, { message: 'slow down' }],
    ['it is asked too often, as GitHub says it', 403, { 'x-ratelimit-remaining': '0' }, { message: 'API rate limit' }],
    ['it asks to come again', 403, { 'retry-after': '60' }, { message: 'secondary rate limit' }],
    ['somebody else answers', 200, {}, '<html>Sign in</html>'],
    ['it answers in another shape', 200, {}, { number: 'one' }],
  ])('is none where %s', async (_, status, headers, body) => {
    answer = { status, headers, body };
    await expect(FORGES.GitHub().open(WANTED)).rejects.toBeInstanceOf(ForgeAwayError);
  });

  it('is none where nobody answers', async () => {
    const apiUrl = 'http://127.0.0.1:9/api';
    const forge = new Gitea(new ForgeConnection({ apiUrl, address: '127.0.0.1', headers: {} }), 'acme', 'shop');
    await expect(forge.read(1)).rejects.toBeInstanceOf(ForgeAwayError);
  });
});
