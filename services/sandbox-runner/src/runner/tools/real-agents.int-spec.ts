import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AGENT_TOOLS, agentTool, type AgentTool } from '@heddle/agents';
import { AgentSpec } from '@heddle/contracts';
import { useTemporaryDirectories } from '@heddle/testing';
import { FakeRegistry, useRegistry } from '../../testing/fake-registry.js';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { provision } from '../phases/provision.phase.js';
import { release } from '../phases/release.phase.js';

const run = promisify(execFile);
const codex = agentTool('CODEX') as AgentTool;

let harness: RunnerHarness;
let directory = '';

beforeAll(async () => {
  directory = await temporary('agents');
  harness = await RunnerHarness.start(directory, 'echo hello > README.md');
});

afterAll(async () => {
  await harness.context.tools.stop();
  expect(await harness.stop()).toEqual([]);
});

const temporary = useTemporaryDirectories();

const agent = (kind: string, version: string): AgentSpec => ({ ...AgentSpec.create(), kind, version });

/** Why the operator's registry does not have it; undefined if it has. */
async function missing({ package: name, pinned }: AgentTool): Promise<string | undefined> {
  const args = ['view', `${name}@${pinned}`, 'version', '--fetch-retries=0', '--fetch-timeout=20000'];
  return run('npm', args, { timeout: 60_000 }).then(
    ({ stdout }) => (stdout.trim() === pinned ? undefined : 'the registry does not have it'),
    () => 'the registry of npm does not answer',
  );
}

const whether = await Promise.all(AGENT_TOOLS.map(async (tool) => ({ tool, why: await missing(tool) })));

describe('the pinned programs of agents, from the operator’s registry', () => {
  it.each(whether.filter(({ why }) => why === undefined).map(({ tool }) => tool))(
    '$kind is installed without its scripts, and says its version in a sandbox without a network',
    async ({ kind, pinned }) => {
      const { tools } = harness.context;
      (await tools.acquire(agent(kind, pinned), true, harness.signal))();
      expect(tools.report().find((tool) => tool.kind === kind)).toMatchObject({ state: 'READY', locked: true });
      // Each takes some hundred megabytes.
      tools.want([]);
      await harness.until(() => tools.report().length === 0);
    },
  );

  for (const { tool, why } of whether) if (why !== undefined) it.skip(`${tool.kind} ${tool.pinned} [${why}]`, () => {});
});

describe('the program of an agent in its sandbox', () => {
  let registry: FakeRegistry;
  let restore: () => void;

  beforeAll(async () => {
    registry = await FakeRegistry.start(join(directory, 'registry'));
    restore = useRegistry(registry.url, join(directory, 'npm'));
    const version = (number: string, says = number): Promise<string> =>
      registry.publish({
        ...{ name: codex.package, version: number, files: { 'codex.js': `console.log('codex-cli ${says}')` } },
        manifest: { bin: { codex: 'codex.js' } },
      });
    await version('1.0.0');
    await version('1.0.1', '1.0.0');
  });

  afterAll(async () => {
    restore();
    await registry.stop();
  });

  it('is brought before the sandbox is made, and stays as long as the sandbox does', async () => {
    const { context, signal } = harness;
    const owner = harness.attempt('a1', [], { agent: agent('CODEX', '1.0.0'), agentWanted: true });
    await provision(context, owner, signal);
    const sandbox = await context.sandboxes.get(owner);
    const source = join(harness.runner, 'agents', 'CODEX', '1.0.0');
    expect([...(await sandbox.state()).boxes.values()]).toMatchObject([
      { tools: [{ source, target: '/opt/heddle/agents/codex' }] },
    ]);
    context.tools.want([]);
    // What comes after the removal that was asked for is done: it was its turn.
    (await context.tools.acquire(agent('CODEX', '1.0.0'), true, signal))();
    await harness.restartRunner();
    const { tools } = harness.context;
    tools.want([]);
    expect(tools.report()).toMatchObject([{ version: '1.0.0', state: 'READY' }]);
    await release(harness.context, owner);
    await harness.cleared();
    tools.want([]);
    await harness.until(() => tools.report().length === 0);
    expect(await readdir(join(harness.runner, 'agents', 'CODEX'))).toEqual([]);
  });

  it('an attempt whose program nobody wants fails with the command that brings it, and leaves no sandbox', async () => {
    const owner = harness.attempt('a2', [], { agent: agent('CODEX', '1.0.0') });
    await expect(provision(harness.context, owner, harness.signal)).rejects.toMatchObject({
      reason: 'AGENT_NOT_INSTALLED',
    });
    expect(await harness.context.sandboxes.find(owner)).toBeUndefined();
    await release(harness.context, owner);
  });

  it('a program that says another version than its package is not installed; nothing of the try is left', async () => {
    const { tools, sandboxes } = harness.context;
    const acquiring = tools.acquire(agent('CODEX', '1.0.1'), true, harness.signal);
    await expect(acquiring).rejects.toMatchObject({
      reason: 'AGENT_INSTALL_FAILED',
      message: expect.stringContaining('says that it is 1.0.0, not 1.0.1'),
    });
    expect(await sandboxes.throwAways()).toEqual([]);
  });
});
