import { describe, expect, it } from '@jest/globals';
import { json, refusal, type Routes } from '@heddle/sdk/testing';
import { useHeddleCommand } from './testing/heddle-command.js';
import { IDS, NOW } from './testing/samples.js';

describe('programs of agents by the heddle command', () => {
  const heddle = useHeddleCommand();

  const on = (number: number, state: string, message = '') => [
    { ...{ runnerId: IDS.batch, state, message, sizeBytes: '5', digest: 'd', locked: false, number } },
  ];
  const tool = (version: string, runners: readonly unknown[], more: object = {}) => ({
    ...{ kind: 'CLAUDE_CODE', version, package: 'p', default: true, wanted: true, number: 2 },
    ...{ createTime: NOW.toISOString(), runners, ...more },
  });
  const asked = 'POST /v1/admin/agents:install';
  const verify = 'POST /v1/admin/agents:verify';
  const listed = 'GET /v1/admin/agents';

  it('installs a version, waits until the runners have it, and says why one has not and what to do', async () => {
    const install = ['admin', 'agents', 'install', 'claude-code', '--version', '1.2.3', '--wait'];
    let looks = 0;
    const answers = [on(1, 'READY'), on(1, 'INSTALLING'), on(2, 'READY')].map((runners) => tool('1.2.3', runners));
    const routes: Routes = {
      [asked]: json(tool('1.2.3', [])),
      [listed]: (response, request) => json({ agents: [answers[looks++]] })(response, request),
    };
    const done = await heddle.run(routes, ...install);
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/CLAUDE_CODE +1\.2\.3 .* READY/) });
    expect(looks).toBe(3);
    expect(heddle.server.seen[0]?.body).toMatchObject({ kind: 'CLAUDE_CODE', version: '1.2.3' });
    const agents = [tool('1.2.3', on(2, 'FAILED', 'no such version'))];
    const failed = await heddle.run({ [asked]: json(tool('1.2.3', [])), [listed]: json({ agents }) }, ...install);
    expect(failed).toMatchObject({ code: 1, stdout: expect.stringContaining('no such version') });
    expect(failed.stdout).toContain('heddle admin agents remove CLAUDE_CODE --version 1.2.3');
  });

  it('verifies every wanted version where none is named, and fails if one of them is not ready', async () => {
    const agents = [
      tool('1.0.0', on(2, 'READY')),
      tool('1.2.3', on(2, 'FAILED', 'broken')),
      tool('0.9.0', on(2, 'READY'), { wanted: false }),
    ];
    const routes: Routes = {
      [listed]: json({ agents }),
      [verify]: (response, request) => json(tool((request.body as { version: string }).version, []))(response, request),
    };
    const done = await heddle.run(routes, 'admin', 'agents', 'verify', 'CLAUDE_CODE');
    expect(done).toMatchObject({ code: 1, stdout: expect.stringMatching(/1\.0\.0 .* READY[^]*1\.2\.3 .* FAILED/) });
    const versions = heddle.server.seen.flatMap(
      ({ body }) => (body as { version?: string } | undefined)?.version ?? [],
    );
    expect(versions).toEqual(['1.0.0', '1.2.3']);
    const one = await heddle.run(routes, 'admin', 'agents', 'verify', 'CLAUDE_CODE', '--version', '1.0.0');
    expect(one).toMatchObject({ code: 0, stdout: expect.not.stringContaining('1.2.3') });
  });

  it('passes on that nothing of the kind is installed', async () => {
    const routes: Routes = { [listed]: json({ agents: [] }), [verify]: refusal(400, 'AGENT_NOT_INSTALLED') };
    expect(await heddle.run(routes, 'admin', 'agents', 'verify', 'CODEX')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('AGENT_NOT_INSTALLED'),
    });
  });
});
