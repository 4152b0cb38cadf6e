import { describe, expect, it } from '@jest/globals';
import { json, type Routes } from '@heddle/sdk/testing';
import { useHeddleCommand } from './testing/heddle-command.js';
import { change, IDS, task } from './testing/samples.js';

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
    expect(code).toBe(3);
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
});
