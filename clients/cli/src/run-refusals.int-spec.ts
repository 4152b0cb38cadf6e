import { describe, expect, it } from '@jest/globals';
import { json, type Routes } from '@heddle/sdk/testing';
import { useHeddleCommand } from './testing/heddle-command.js';
import { attempt, batch, change, IDS, task } from './testing/samples.js';

const JOB = '019ab000-0000-7000-8000-000000000b0b';

describe('what the heddle command refuses, and how it says so', () => {
  const heddle = useHeddleCommand();
  const repository = { id: IDS.repository, name: 'shop', url: '/srv/shop', state: 'ACTIVE', statusDetail: '' };
  const invalid = json(
    {
      code: 3,
      message: 'The request has invalid fields: max_concurrent_attempts: must be 0 to 16',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'FIELD_INVALID',
          domain: 'heddle',
          metadata: {},
        },
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [{ field: 'maxConcurrentAttempts', description: 'must be 0 to 16' }],
        },
      ],
    },
    400,
  );
  const routes: Routes = {
    'GET /v1/repositories': json({ repositories: [repository], nextPageToken: '' }),
    'POST /v1/tasks': invalid,
  };
  const run = ['run', '-p', 'x', '--agent', 'CODEX'];

  it('names an invalid field once, by the name that the request has', async () => {
    const { code, stderr } = await heddle.run(routes, ...run);
    // As what this program finds by itself.
    expect(code).toBe(2);
    expect(stderr).toBe(
      'heddle: The request has invalid fields (FIELD_INVALID)\n  maxConcurrentAttempts: must be 0 to 16\n',
    );
  });

  it('takes an argument of the agent for the agent’s, not for its own', async () => {
    const { stderr } = await heddle.run(routes, ...run, '--agent-arg', '--json');
    expect(stderr).toMatch(/^heddle: /);
    expect(JSON.parse((await heddle.run(routes, ...run, '--json')).stderr)).toMatchObject({
      error: { reason: 'FIELD_INVALID', violations: [{ field: 'maxConcurrentAttempts' }] },
    });
  });

  it('says as JSON what is wrong with the command line, where JSON was asked for', async () => {
    const refused = await heddle.run({}, 'task', 'ls', '--no-such-option', '--json');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(JSON.parse(refused.stderr)).toMatchObject({
      error: { reason: 'USAGE', message: expect.stringContaining('--no-such-option') },
    });
    expect((await heddle.run({}, 'task', 'ls', '--no-such-option')).stderr).toMatch(/^error: unknown option/);
  });

  it.each([
    ['--attempts', '0', 'a whole number from 1 on'],
    ['--budget-cost', '5', 'an amount with its currency: 5USD'],
    ['--budget-tokens', 'lots', 'a number of tokens'],
    ['--budget-duration', 'soon', 'a duration'],
    ['--mode', 'maybe', 'one of code, ask, plan'],
  ])('names the option and what it takes: %s %s', async (option, value, wanted) => {
    const { code, stderr } = await heddle.run(routes, ...run, option, value);
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`option '(-n, )?${option} `));
    expect(stderr).toContain(`argument '${value}' is invalid. Wanted is ${wanted}`);
  });

  it('takes a mode as the API writes it', async () => {
    await heddle.run({ ...routes, 'POST /v1/tasks': json(task(1)) }, ...run, '--mode', 'PLAN');
    expect(heddle.server.seen.at(-1)?.body).toMatchObject({ mode: 'PLAN' });
  });

  it('names the newest of many that an id fits, and how many more there are', async () => {
    const attempts = Array.from({ length: 30 }, (_, index) => attempt(index + 1));
    const listed: Routes = {
      'GET /v1/attempts': json({ attempts, nextPageToken: '' }),
      'GET /v1/tasks': json({ tasks: [], nextPageToken: '' }),
    };
    const { code, stderr } = await heddle.run(listed, 'message', IDS.attempt(1).slice(0, 8), 'x');
    expect(code).toBe(3);
    expect(stderr.match(/ {2}attempt /g)).toHaveLength(8);
    expect(stderr).toContain('and 22 more (AMBIGUOUS)');
  });

  it('takes the kind of an agent however it is typed', async () => {
    const made = { ...routes, 'POST /v1/tasks': json(task(1)) };
    expect(await heddle.run(made, 'run', '-p', 'x', '--agent', 'claude-code')).toMatchObject({ code: 0 });
    expect(heddle.server.seen.at(-1)?.body).toMatchObject({ agent: { kind: 'CLAUDE_CODE' } });
  });

  it('says that a change has nothing, where a patch would be empty', async () => {
    const empty: Routes = {
      [`GET /v1/changes/${IDS.change(1)}`]: json(change(1)),
      [`GET /v1/changes/${IDS.change(1)}/patch`]: (response) => void response.end(),
    };
    expect(await heddle.run(empty, 'diff', IDS.change(1))).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('Nothing was changed'),
    });
  });

  it('hints with the id that it is about', async () => {
    const { stderr } = await heddle.run(
      {
        [`GET /v1/changes/${IDS.change(1)}`]: json(change(1)),
        'POST /v1/landings': json(
          {
            code: 9,
            message: 'The change is PENDING: approve it first',
            details: [
              {
                '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
                ...{ reason: 'APPROVAL_MISSING', domain: 'heddle', metadata: { id: IDS.change(1) } },
              },
            ],
          },
          400,
        ),
      },
      'land',
      IDS.change(1),
    );
    expect(stderr).toContain(`heddle approve ${IDS.change(1).slice(-8)}\n`);
  });

  it('names what lists the kind of thing that is not there', async () => {
    const none = await heddle.run({ 'GET /v1/jobs': json({ jobs: [], nextPageToken: '' }) }, 'job', 'show', 'abcdef');
    expect(none).toMatchObject({ code: 3, stderr: expect.stringMatching(/heddle job ls\n$/) });
  });

  it('says of a failed attempt why, and where its log is, when the watch is over', async () => {
    const stateInfo = { message: 'exit code 3', cause: 'WORK' as const, subjects: [], actions: [] };
    const endTime = '2026-05-04T10:00:13Z';
    const failed = attempt(1, { state: 'FAILED', statusDetail: 'AGENT_EXIT_CODE', stateInfo, endTime });
    const ended = batch({ state: 'COMPLETED', endTime, tasks: [task(1, { state: 'FAILED', attempts: [failed] })] });
    const done = await heddle.run(
      {
        [`GET /v1/batches/${IDS.batch}`]: json(ended),
        'GET /v1/events': (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(),
      },
      'watch',
      IDS.batch,
    );
    expect(done).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('0a77e901 FAILED AGENT_EXIT_CODE: exit code 3; see heddle logs 0a77e901\n'),
    });
  });

  it('drains a runner, and waits until it is empty', async () => {
    const runner = (state: string, used: number) => ({
      ...{ id: JOB, state, pool: 'p', slots: 4, used, version: '1', driver: 'D', boundary: 'FULL', missing: [] },
      ...{ fileSystem: 'OVERLAY', failedProbes: [], lastSeenTime: '2026-05-04T10:00:13Z' },
    });
    const drains: Routes = {
      [`POST /v1/admin/runners/${JOB}:drain`]: json(runner('ACTIVE', 1)),
      [`GET /v1/admin/runners/${JOB}`]: json(runner('DRAINING', 0)),
    };
    const done = await heddle.run(drains, 'admin', 'runners', 'drain', JOB, '--wait');
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('DRAINING') });
    const late = await heddle.run(
      { ...drains, [`GET /v1/admin/runners/${JOB}`]: json(runner('DRAINING', 1)) },
      ...['admin', 'runners', 'drain', JOB, '--wait', '--timeout', '1s'],
    );
    expect(late.code).toBe(5);
    const list = { 'GET /v1/admin/runners': json({ runners: [runner('ACTIVE', 1)], nextPageToken: '' }) };
    expect((await heddle.run(list, 'admin', 'runners', 'ls')).stdout).toMatch(/ACTIVE/);
  });
});
