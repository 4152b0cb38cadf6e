import { describe, expect, it } from '@jest/globals';
import type { Attempt } from '@heddle/sdk';
import { json, type Routes } from '@heddle/sdk/testing';
import { useHeddleCommand } from './testing/heddle-command.js';
import { attempt, IDS, task } from './testing/samples.js';

const JOB = '019ab000-0000-7000-8000-000000000b0b';
const agent: Attempt['agent'] = {
  kind: 'CODEX',
  command: [],
  version: '0.169.0',
  model: 'm-1',
  effort: 'high',
  args: [],
  credentialId: IDS.credential,
  mcpServers: [],
};

describe('attempts by the heddle command', () => {
  const heddle = useHeddleCommand();
  const page = (key: string, items: readonly unknown[]) => json({ [key]: items, nextPageToken: '' });
  const failed = attempt(1, {
    state: 'FAILED',
    statusDetail: 'AGENT_INSTALL_FAILED',
    stateInfo: { message: 'npm ERR!\nnot found', cause: 'PLATFORM', subjects: [], actions: [] },
    endTime: '2026-05-04T10:00:13Z',
    agent,
    answer: 'I am\u001b[2J done.',
    sandbox: {
      ...{ driver: 'BUBBLEWRAP', boundary: 'FULL', missing: [], fileSystem: 'OVERLAY' },
      ...{ setupCache: 'NONE', setupCacheReason: '', keepUntilTime: '2026-05-04T12:00:00Z' },
    },
    usage: {
      ...{ peakMemoryBytes: '5242880', peakProcesses: 3, cpuDuration: '75s' },
      ...{ peakDiskBytes: '0', peakDiskInodes: '0', outputBytes: '0' },
    },
  });
  const shown: Routes = {
    [`GET /v1/attempts/${IDS.attempt(1)}`]: json(failed),
    'GET /v1/attempts': page('attempts', [failed]),
    'GET /v1/tasks': page('tasks', []),
    'GET /v1/changes': page('changes', []),
    'GET /v1/jobs': page('jobs', [{ id: JOB }]),
  };

  it('are listed with their task, and only those in a state', async () => {
    const done = await heddle.run(shown, 'attempt', 'ls', '--state', 'FAILED');
    expect(done.stdout).toMatch(/0a77e901 +\S{8} +FAILED +AGENT_INSTALL_FAILED +12s/);
    expect(heddle.server.seen.at(-1)?.url).toContain('states=FAILED');
  });

  it('are none yet, or none of the kind that was asked for', async () => {
    const none: Routes = { ...shown, 'GET /v1/attempts': page('attempts', []) };
    expect((await heddle.run(none, 'attempt', 'ls')).stdout).toMatch(/^There is no attempt yet\. .*heddle run/);
    expect((await heddle.run(none, 'attempt', 'ls', '-s', 'FAILED')).stdout).toMatch(
      /^There is no attempt of that kind/,
    );
  });

  it('say beside the result that they printed nothing, or nothing of the kind that was asked for', async () => {
    const silent: Routes = {
      ...shown,
      [`GET /v1/attempts/${IDS.attempt(1)}/logs`]: (response) => void response.writeHead(200).end(),
    };
    const id = IDS.attempt(1);
    expect(await heddle.run(silent, 'logs', id)).toMatchObject({ stdout: '', stderr: 'Nothing was printed.\n' });
    expect(await heddle.run(silent, 'logs', id, '--stream', 'STDERR')).toMatchObject({
      stdout: '',
      stderr: 'Nothing of that kind was printed.\n',
    });
  });

  it('are shown with their agent, until when their sandbox is kept, and what they used', async () => {
    const { stdout } = await heddle.run(shown, 'attempt', 'show', '0a77e901');
    expect(stdout).toMatch(/why +AGENT_INSTALL_FAILED: npm ERR!.not found\n/);
    expect(stdout).toMatch(/agent +CODEX 0\.169\.0, model m-1, effort high, credential \S{8}\n/);
    expect(stdout).toMatch(/kept until +2026-05-04T12:00:00Z\n/);
    expect(stdout).toMatch(/0a77e901 +5\S* MiB +3 +1m 15s/);
    expect(stdout).toMatch(/answer\n {2}I am.* done\.\n/);
    expect(stdout).not.toContain('\u001b');
  });

  it('say why beside the table of their task, which stays as narrow as it is', async () => {
    const routes: Routes = {
      ...shown,
      'GET /v1/tasks': page('tasks', [task(1)]),
      [`GET /v1/tasks/${IDS.task(1)}`]: json(task(1, { agent, attempts: [failed] })),
    };
    const { stdout } = await heddle.run(routes, 'task', 'show', IDS.task(1));
    expect(stdout).toMatch(/agent +CODEX 0\.169\.0, model m-1/);
    expect(stdout).toMatch(/FAILED +AGENT_INSTALL_FAILED +- +12s/);
    expect(stdout).toMatch(/\n0a77e901: npm ERR!.not found\n/);
  });

  it('have their requests under both names, and those of a job are told where they are', async () => {
    const routes: Routes = {
      ...shown,
      [`GET /v1/attempts/${IDS.attempt(1)}/egress`]: json({ requests: [], nextPageToken: '', truncated: false }),
    };
    const one = await heddle.run(routes, 'egress', '0a77e901');
    expect(one).toMatchObject({ code: 0 });
    expect(await heddle.run(routes, 'attempt', 'egress', '0a77e901')).toEqual(one);
    expect(await heddle.run(routes, 'egress', '00000b0b')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('heddle job show 00000b0b'),
    });
  });

  const activity = (sequence: number, itemId: string, status: string, more: object = {}) => ({
    ...{ sequence: String(sequence), time: '2026-05-04T10:00:10Z', turn: 1, lineSequence: '1', kind: 'COMMAND' },
    ...{ status, itemId, summary: `command ${itemId}`, text: '', truncated: false, files: [], plan: [], reason: '' },
    ...more,
  });

  it('tell each thing that they did once in a pipe: at its end, with how it failed, and what never ended', async () => {
    const activities = [
      activity(1, 'a', 'STARTED'),
      activity(2, 'b', 'STARTED'),
      activity(3, 'a', 'FAILED', { command: { command: 'false', exitCode: 7, output: '' } }),
      activity(4, 'c', 'SUCCEEDED'),
    ];
    const body = activities.map((one) => `${JSON.stringify(one)}\n`).join('');
    const routes: Routes = {
      ...shown,
      [`GET /v1/attempts/${IDS.attempt(1)}/activities`]: (response) => void response.end(body),
    };
    const { stdout } = await heddle.run(routes, 'activity', '0a77e901');
    expect(stdout.trim().split(/\s*\n/)).toEqual([
      expect.stringMatching(/command a \(exit code 7\)$/),
      expect.stringMatching(/command c$/),
      expect.stringMatching(/command b …$/),
    ]);
    expect((await heddle.run(routes, 'activity', '0a77e901', '--json')).stdout.trim().split('\n')).toHaveLength(4);
  });

  it('say that nothing was done where nothing has started', async () => {
    const waiting = attempt(1, { state: 'QUEUED', startTime: undefined });
    const routes: Routes = {
      ...shown,
      [`GET /v1/attempts/${IDS.attempt(1)}`]: json(waiting),
      [`GET /v1/attempts/${IDS.attempt(1)}/activities`]: (response) => void response.end(),
    };
    expect((await heddle.run(routes, 'activity', '0a77e901')).stderr).toContain('has not started (QUEUED)');
  });
});
