import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { AgentSpec, AgentToolOnRunner_State } from '@heddle/contracts';
import { AgentToolReport, ReportRunnerRequest } from '@heddle/contracts/internal';
import { ChangeBell } from '@heddle/platform/waiting';
import { describeWith } from '@heddle/testing';
import { RunnerService } from '../runners/runner.service.js';
import { schedulerFixture, type SchedulerFixture } from '../testing/scheduler-fixture.js';
import { isToolWanted, versionChooser } from './agent-tool-rows.js';
import { AgentToolService } from './agent-tool.service.js';

await describeWith(['postgres'], 'the programs of agents that operators want', ({ postgres }) => {
  let fixture: SchedulerFixture;
  let tools: AgentToolService;
  let runners: RunnerService;

  beforeAll(async () => {
    fixture = await schedulerFixture(postgres);
    tools = new AgentToolService(fixture.dataSource);
    runners = new RunnerService(fixture.dataSource, new ChangeBell());
  });
  afterAll(() => fixture.close());

  const request = (kind: string, version = '', requestId = '') => ({ requestId, kind, version });
  const report = (runnerId: string, agentTools: readonly Partial<AgentToolReport>[] = []) =>
    runners.report({
      ...ReportRunnerRequest.create(),
      runnerId,
      pool: 'p',
      slots: 4,
      agentTools: agentTools.map((tool) => ({ ...AgentToolReport.create(), ...tool })),
    });
  const list = async () => (await tools.list({ kind: '' })).agents;
  const agent = (version: string): AgentSpec => ({ ...AgentSpec.create(), kind: 'CODEX', version });
  const chosen = async (version: string) => (await versionChooser(fixture.dataSource.manager))(agent(version)).version;

  it('nothing is wanted at first, and every runner is told so', async () => {
    expect(await list()).toEqual([]);
    expect((await report('r1')).wantedAgentTools).toEqual({ tools: [] });
    expect(await chosen('')).toBe('0.169.0');
    expect(await isToolWanted(fixture.dataSource.manager, agent('0.169.0'))).toBe(false);
  });

  it('an install is for all runners, by default of the pinned version, and a repeat is one', async () => {
    const first = await tools.install(request('CODEX', '', 'once'));
    expect(first).toMatchObject({ kind: 'CODEX', version: '0.169.0', wanted: true, default: true, number: 1 });
    expect(first.runners).toMatchObject([{ runnerId: 'r1', state: AgentToolOnRunner_State.ABSENT }]);
    expect((await tools.install(request('CODEX', '', 'once'))).number).toBe(1);
    expect((await report('r1')).wantedAgentTools?.tools).toEqual([{ kind: 'CODEX', version: '0.169.0', number: 1 }]);
    expect(await isToolWanted(fixture.dataSource.manager, agent('0.169.0'))).toBe(true);
  });

  it('the newest release is what a task without a version gets, and a task that has one keeps it', async () => {
    await tools.install(request('CODEX', '0.170.0'));
    await tools.install(request('CODEX', '0.171.0-alpha.1'));
    expect((await list()).map(({ version, default: isDefault }) => [version, isDefault])).toEqual([
      ['0.169.0', false],
      ['0.170.0', true],
      ['0.171.0-alpha.1', false],
    ]);
    expect(await chosen('')).toBe('0.170.0');
    expect(await chosen('0.169.0')).toBe('0.169.0');
  });

  it('what a runner says of it is shown beside it', async () => {
    const verifyTime = new Date('2027-01-01T00:00:00Z');
    const tool = { kind: 'CODEX', version: '0.170.0' };
    await report('r1', [
      { ...tool, state: 'READY', sizeBytes: '5', digest: 'd', locked: false, number: 1, verifyTime },
    ]);
    await report('r2', [{ ...tool, state: 'FAILED', message: 'no such version' }]);
    const shown = (await list()).find(({ version }) => version === '0.170.0');
    expect(shown?.runners).toMatchObject([
      { runnerId: 'r1', state: AgentToolOnRunner_State.READY, sizeBytes: '5', digest: 'd', number: 1, verifyTime },
      { runnerId: 'r2', state: AgentToolOnRunner_State.FAILED, message: 'no such version' },
    ]);
    await fixture.dataSource.query(`UPDATE runners SET last_seen = now() - interval '2 minutes' WHERE id = 'r2'`);
    const pinned = (await list()).find(({ version }) => version === '0.169.0');
    expect(pinned?.runners.map(({ runnerId }) => runnerId)).toEqual(['r1']);
  });

  it('a version that could not be installed is no task’s default while another one is ready', async () => {
    const of = (version: string, state: string) => ({ kind: 'CODEX', version, state });
    await report('r1', [of('0.169.0', 'READY'), of('0.170.0', 'FAILED')]);
    expect(await chosen('')).toBe('0.169.0');
    expect((await list()).map(({ version, default: isDefault }) => [version, isDefault])).toEqual([
      ['0.169.0', true],
      ['0.170.0', false],
      ['0.171.0-alpha.1', false],
    ]);
    await report('r1', [of('0.169.0', 'INSTALLING'), of('0.170.0', 'FAILED')]);
    expect(await chosen('')).toBe('0.169.0');
    await report('r1', [of('0.169.0', 'FAILED'), of('0.170.0', 'FAILED')]);
    expect(await chosen('')).toBe('0.170.0');
    await report('r1', [of('0.169.0', 'READY'), of('0.170.0', 'READY')]);
    expect(await chosen('')).toBe('0.170.0');
  });

  it('where every runner is lost, what they had last counts', async () => {
    const of = (version: string, state: string) => ({ kind: 'CODEX', version, state });
    await report('r1', [of('0.169.0', 'READY'), of('0.170.0', 'FAILED')]);
    await fixture.dataSource.query(`UPDATE runners SET last_seen = now() - interval '2 minutes'`);
    expect(await chosen('')).toBe('0.169.0');
    await report('r1', [of('0.169.0', 'READY'), of('0.170.0', 'READY')]);
  });

  it('a look at one is another wish, and is refused for one that nobody wants', async () => {
    expect(await tools.verify(request('CODEX'))).toMatchObject({ version: '0.170.0', number: 2 });
    await expect(tools.verify(request('GEMINI'))).rejects.toMatchObject({ reason: 'AGENT_NOT_INSTALLED' });
  });

  it('one that is removed is told to nobody, and is shown as long as a runner has it', async () => {
    expect(await tools.remove(request('CODEX', '0.170.0'))).toMatchObject({ wanted: false, default: false });
    const { wantedAgentTools } = await report('r1', [{ kind: 'CODEX', version: '0.170.0', state: 'READY' }]);
    expect(wantedAgentTools?.tools.map(({ version }) => version)).toEqual(['0.169.0', '0.171.0-alpha.1']);
    expect((await list()).find(({ version }) => version === '0.170.0')).toMatchObject({
      wanted: false,
      default: false,
    });
    expect(await isToolWanted(fixture.dataSource.manager, agent('0.170.0'))).toBe(false);
    expect(await isToolWanted(fixture.dataSource.manager, { ...agent(''), kind: 'COMMAND' })).toBe(true);
  });

  it.each([
    ['COMMAND', '', 'kind'],
    ['CODEX', 'latest', 'version'],
    ['CODEX', '../1.0.0', 'version'],
  ])('%s %s is refused', async (kind, version, field) => {
    await expect((async () => tools.install(request(kind, version)))()).rejects.toMatchObject({
      reason: 'FIELD_INVALID',
      violations: [expect.objectContaining({ field })],
    });
  });
});
