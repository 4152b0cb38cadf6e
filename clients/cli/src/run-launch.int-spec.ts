import { describe, expect, it } from '@jest/globals';
import { json, type Routes } from '@heddle/sdk/testing';
import { useHeddleCommand } from './testing/heddle-command.js';
import { attempt, batch, change, environment, IDS, task } from './testing/samples.js';

const FILE = `
environmentId: ${environment().name}
tasks: [{ prompt: Fix it, agent: { kind: COMMAND, command: ['true'] } }]
`;

describe('what the heddle command launches', () => {
  const heddle = useHeddleCommand(FILE);
  const page = (key: string, items: readonly unknown[]) => json({ [key]: items, nextPageToken: '' });
  const repository = { id: IDS.repository, name: 'shop', url: '/srv/shop', state: 'ACTIVE', statusDetail: '' };
  const routes: Routes = {
    'GET /v1/repositories': page('repositories', [repository]),
    'GET /v1/environments': page('environments', [environment()]),
    'POST /v1/tasks': json(task(1)),
    'POST /v1/batches': json(batch()),
  };
  const sent = () => heddle.server.seen.at(-1)?.body as { environmentId?: string };
  const name = environment().name;

  it('takes the environment of a task by its name, by the end of its id and by its id', async () => {
    for (const text of [name, IDS.environment.slice(-8), IDS.environment]) {
      expect(await heddle.run(routes, 'run', '--environment', text, '-p', 'x', '--', 'true')).toMatchObject({
        code: 0,
      });
      expect(sent().environmentId).toBe(IDS.environment);
    }
    expect(await heddle.run(routes, 'run', '-p', 'x', '--', 'true')).toMatchObject({ code: 0 });
    expect(sent()).not.toHaveProperty('environmentId');
  });

  it('takes the environment of a batch by its name, from the file and in place of it', async () => {
    expect(await heddle.run(routes, 'batch', 'create', '-f', '-')).toMatchObject({ code: 0 });
    expect(sent().environmentId).toBe(IDS.environment);
    const other = { ...environment(), id: IDS.batch, name: 'other' };
    const both = { ...routes, 'GET /v1/environments': page('environments', [environment(), other]) };
    expect(await heddle.run(both, 'batch', 'create', '-f', '-', '--environment', 'other')).toMatchObject({ code: 0 });
    expect(sent().environmentId).toBe(IDS.batch);
  });

  it('says that there is none of a name, and launches nothing', async () => {
    expect(await heddle.run(routes, 'run', '--environment', 'no-such', '-p', 'x', '--', 'true')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('heddle environment ls'),
    });
    expect(heddle.server.seen.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('names a repository by what its address has of a name', async () => {
    const add = { 'POST /v1/repositories': json(repository) };
    expect(await heddle.run(add, 'repo', 'add', 'https://git.example/odd/with%20a+space.git/')).toMatchObject({
      code: 0,
    });
    expect(heddle.server.seen.at(-1)?.body).toMatchObject({ name: 'with-20a-space' });
  });

  it('sends to review what has not landed, of a batch that has ended', async () => {
    const done = (n: number, landingState: 'LANDED' | 'NONE') =>
      task(n, { state: 'COMPLETED', attempts: [attempt(n, { state: 'COMPLETED', landingState })] });
    const show = (tasks: ReturnType<typeof task>[]) =>
      heddle.run(
        {
          [`GET /v1/batches/${IDS.batch}`]: json(batch({ state: 'COMPLETED', endTime: '2026-05-04T10:00:20Z', tasks })),
          'GET /v1/changes': page('changes', [change(1), change(2)]),
        },
        'batch',
        'show',
        IDS.batch,
      );
    expect((await show([done(1, 'LANDED'), done(2, 'NONE')])).stderr).toContain('Review: heddle diff 0a77e902');
    expect((await show([done(1, 'LANDED')])).stderr).toContain('What overlaps');
  });
});
