import { describe, expect, it } from '@jest/globals';
import type { Criterion, ReviewPolicy, Verdict } from '@heddle/sdk';
import { json, refusal } from '@heddle/sdk/testing';
import { useHeddleCommand } from './testing/heddle-command.js';
import { attempt, change, check, IDS, NOW, task } from './testing/samples.js';

const ID = IDS.change(1);

const triaged = change(1, {
  criteria: { met: 1, unmet: 0, unproven: 2 },
  triage: {
    effortMinutes: 8,
    risk: 0.254,
    reasons: [{ reason: 'CRITICAL_PATH', message: 'touches auth/\u001b[2Ja.ts', weight: 1 }],
    route: 'DEEP',
    routeReason: 'it touches auth/a.ts',
    priority: 0.4,
  },
});

const criterion = (fields: Partial<Criterion> = {}): Criterion => ({
  id: 'ac-1',
  text: 'npm test passes',
  state: 'MET',
  evidence: [{ treeId: 't', met: true, check: 'unit' }],
  ...fields,
});

const verdict = (fields: Partial<Verdict> = {}): Verdict => ({
  id: '019ab000-0000-7000-8000-00000000e4d1',
  changeId: ID,
  verdict: 'REJECT',
  headCommit: triaged.headCommit,
  treeId: 't',
  reasonClass: 'INCORRECT',
  comment: 'no',
  message: '',
  principal: 'ben',
  createTime: NOW.toISOString(),
  revision: '1',
  ...fields,
});

describe('deciding by the heddle command', () => {
  const heddle = useHeddleCommand();

  it('shows what to review first, why, and how much a day has room for', async () => {
    const reviewLoad = {
      changes: 1,
      queuedMinutes: 8,
      capacityMinutes: 120,
      backlogLimitMinutes: 5,
      holdsOptionalAttempts: true,
    };
    const routes = {
      'GET /v1/repositories': json({ repositories: [{ id: IDS.repository, name: 'shop' }], nextPageToken: '' }),
      'GET /v1/changes': json({ changes: [triaged], nextPageToken: 'more', reviewLoad }),
    };
    const shown = await heddle.run(routes, 'triage');
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/000c4a01 +DEEP +8 +25% +2 files \+10 -3 +1 of 3 met, 2 unproven/);
    expect(shown.stdout).toContain('it touches auth/a.ts; touches auth/');
    expect(shown.stdout).not.toContain('\u001b[2J');
    expect(shown.stderr).toContain('8 min of 120 min a day, limit 5 min; further attempts of tasks are held');
    expect(shown.stderr).toContain('More wait');
    const asked = heddle.server.seen.find(({ url }) => url.includes('/v1/changes'));
    expect(asked?.url).toContain('orderBy=triage');
    const none = await heddle.run({ ...routes, 'GET /v1/changes': json({ changes: [], nextPageToken: '' }) }, 'triage');
    expect(none.stdout).toBe('Nothing waits for a review.\n');
  });

  it('launches a task with what must be so in the end', async () => {
    const routes = {
      'GET /v1/repositories': json({ repositories: [{ id: IDS.repository, name: 'shop' }], nextPageToken: '' }),
      'POST /v1/tasks': json(task(1)),
    };
    const criteria = ['--accept', 'npm test passes', '--accept', 'it is documented'];
    await heddle.run(routes, 'run', '-p', 'Fix it', ...criteria, '--', 'true');
    expect(heddle.server.seen.at(-1)?.body).toMatchObject({ acceptance: ['npm test passes', 'it is documented'] });
  });

  it('shows criteria, and ends with 1 where one is not met', async () => {
    const path = `GET /v1/changes/${ID}/criteria`;
    const open = criterion({ id: 'ac-2', text: 'documented', state: 'UNPROVEN', evidence: [] });
    const routes = { [`GET /v1/changes/${ID}`]: json(triaged), [path]: json({ criteria: [criterion(), open] }) };
    const shown = await heddle.run(routes, 'criteria', 'show', ID);
    expect(shown.code).toBe(1);
    expect(shown.stdout).toMatch(/ac-1 +MET +npm test passes +check unit says yes/);
    expect(shown.stdout).toMatch(/ac-2 +UNPROVEN +documented +-/);
    expect(shown.stderr).toContain('heddle criteria attest 000c4a01 ac-2');
    const met = await heddle.run({ ...routes, [path]: json({ criteria: [criterion()] }) }, 'criteria', 'show', ID);
    expect(met.code).toBe(0);
  });

  it('attests a criterion for the head that was seen', async () => {
    const routes = {
      [`GET /v1/changes/${ID}`]: json(triaged),
      [`POST /v1/changes/${ID}/criteria/ac-2:attest`]: json(criterion({ id: 'ac-2', state: 'UNMET' })),
    };
    const done = await heddle.run(routes, 'criteria', 'attest', ID, 'ac-2', '--unmet', '-m', 'no page');
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('UNMET') });
    expect(heddle.server.seen.at(-1)?.body).toMatchObject({
      met: false,
      comment: 'no page',
      headCommit: triaged.headCommit,
    });
  });

  it.each([
    [
      'COMMAND',
      'NONE',
      'an agent of kind COMMAND has no conversation to go on with. Once more from the start: heddle task retry',
    ],
    ['CODEX', 'NONE', "is its agent's next turn: heddle attempt turns 0a77e901"],
    ['CODEX', 'LANDED', 'has landed: no agent goes on with it'],
  ])('says after a wish for changes who goes on with it: %s, %s', async (kind, landingState, words) => {
    const routes = {
      [`GET /v1/changes/${ID}`]: json(triaged),
      [`POST /v1/changes/${ID}/verdicts`]: json(verdict({ verdict: 'REQUEST_CHANGES' })),
      [`GET /v1/attempts/${triaged.attemptId}`]: json({ ...attempt(1), landingState }),
      [`GET /v1/tasks/${triaged.taskId}`]: json({ ...task(1), agent: { kind } }),
      'GET /v1/agents': json({
        agents: [
          { kind: 'CODEX', capabilities: ['FOLLOW_UP'] },
          { kind: 'COMMAND', capabilities: [] },
        ],
      }),
    };
    const done = await heddle.run(routes, 'request-changes', ID, '-m', 'And tests');
    expect(done).toMatchObject({ code: 0, stderr: expect.stringContaining(words) });
  });

  it('says after an approval what else is missing', async () => {
    const approvals = {
      required: 2,
      given: ['ada'],
      missing: [
        { kind: 'COUNT', owners: [], paths: [], pathCount: 0, count: 1, message: '1 more person must approve it' },
      ],
      blockedBy: [],
    } as const;
    const routes = {
      [`GET /v1/changes/${ID}`]: json({ ...triaged, approvals }),
      [`POST /v1/changes/${ID}/verdicts`]: json(verdict({ verdict: 'APPROVE' })),
    };
    const done = await heddle.run(routes, 'approve', ID);
    expect(done.stderr).toContain('approval: 1 more person must approve it');
    expect(done.stderr).not.toContain('Land:');
    const diff = { ...routes, [`GET /v1/changes/${ID}/files`]: json({ files: [], nextPageToken: '' }) };
    const stat = await heddle.run(diff, 'diff', '--stat', ID);
    expect(stat.stdout).toContain('acceptance: 1 of 3 met, 2 unproven\napproval: 1 more person must approve it\n');
  });

  it.each([
    ['checks are red: heddle checks', { checks: [check({ state: 'FAILED' as const })] }],
    ['the change is partial', { partial: true }],
  ])('does not send to land what can not: %s', async (words, fields) => {
    const routes = {
      [`GET /v1/changes/${ID}`]: json({ ...triaged, ...fields }),
      [`POST /v1/changes/${ID}/verdicts`]: json(verdict({ verdict: 'APPROVE' })),
    };
    const done = await heddle.run(routes, 'approve', ID);
    expect(done).toMatchObject({ code: 0, stderr: expect.stringContaining(words) });
    expect(done.stderr).not.toContain('Land:');
  });

  it('rejects with a reason only, and passes on what the server says of a wrong one', async () => {
    expect(await heddle.run({}, 'reject', ID)).toMatchObject({ code: 2, stderr: expect.stringContaining('--reason') });
    const routes = {
      [`GET /v1/changes/${ID}`]: json(triaged),
      [`POST /v1/changes/${ID}/verdicts`]: refusal(400, 'FIELD_INVALID', { code: 3 }),
    };
    const refused = await heddle.run(routes, 'reject', ID, '--reason', 'MEH');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('FIELD_INVALID') });
  });

  it('lists verdicts, with why one holds no more, and dismisses one by the end of its id', async () => {
    const gone = verdict({
      dismissal: {
        reason: 'CONTENT_MOVED',
        message: 'Another content: a.ts',
        principal: '',
        createTime: NOW.toISOString(),
      },
    });
    const routes = {
      [`GET /v1/changes/${ID}`]: json(triaged),
      [`GET /v1/changes/${ID}/verdicts`]: json({ verdicts: [gone] }),
      [`POST /v1/changes/${ID}/verdicts/${gone.id}:dismiss`]: json(gone),
    };
    const listed = await heddle.run(routes, 'verdict', 'ls', ID);
    expect(listed.stdout).toMatch(/REJECT +ben +fedcba9876 +CONTENT_MOVED +INCORRECT +no · Another content: a.ts/);
    expect(await heddle.run(routes, 'verdict', 'dismiss', ID, 'e4d1', '-m', 'away')).toMatchObject({ code: 0 });
    expect(heddle.server.seen.at(-1)?.body).toMatchObject({ comment: 'away' });
    expect(await heddle.run(routes, 'verdict', 'dismiss', ID, 'ffff', '-m', 'away')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('VERDICT_NOT_FOUND'),
    });
  });

  it('shows the policy of a repository, and sets only what is said', async () => {
    const policy: ReviewPolicy = {
      repositoryId: IDS.repository,
      requiredApprovals: 2,
      selfApproval: false,
      codeOwners: true,
      ownerPrincipals: [{ owner: '@shop/web', principals: ['ben', 'cid'] }],
      requireCriteria: false,
      reviewers: [],
      backlogLimitMinutes: 0,
      overlapTests: 0,
      regeneration: [{ paths: ['go.sum'], command: ['go', 'mod', 'tidy'] }],
      etag: '1',
    };
    const path = `/v1/repositories/${IDS.repository}/reviewPolicy`;
    const routes = {
      'GET /v1/repositories': json({ repositories: [{ id: IDS.repository, name: 'shop' }], nextPageToken: '' }),
      [`GET ${path}`]: json(policy),
      [`PATCH ${path}`]: json(policy),
    };
    const shown = await heddle.run(routes, 'repo', 'policy', IDS.repository);
    expect(shown.stdout).toContain('required approvals  2\n');
    expect(shown.stdout).toContain('tested together     no pairs\n');
    expect(shown.stdout).toContain('made anew go.sum: go mod tidy\n');
    expect(shown.stdout).toContain('owner @shop/web: ben, cid\n');
    await heddle.run(
      routes,
      ...['repo', 'policy', IDS.repository, '--no-self-approval', '--approvals', '2'],
      ...['--owner', '@shop/web=ben,cid', '--reviewer', 'ben=60', '--backlog-limit', '600'],
      ...['--overlap-tests', '20', '--regenerate', 'package-lock.json=npm install'],
    );
    expect(heddle.server.seen.at(-1)?.body).toEqual({
      requiredApprovals: 2,
      selfApproval: false,
      ownerPrincipals: [{ owner: '@shop/web', principals: ['ben', 'cid'] }],
      reviewers: [{ principal: 'ben', minutesPerDay: 60 }],
      backlogLimitMinutes: 600,
      overlapTests: 20,
      regeneration: [{ paths: ['package-lock.json'], command: ['sh', '-c', 'npm install'] }],
    });
  });
});
