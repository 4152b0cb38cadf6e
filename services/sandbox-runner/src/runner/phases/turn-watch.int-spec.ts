import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agentTool, type AgentTool } from '@heddle/agents';
import { AgentSpec } from '@heddle/contracts';
import type { SandboxOwnerRef, TurnResult } from '@heddle/contracts/workflows';
import { endedWell, judgeTurn } from '@heddle/domain';
import { useTemporaryDirectories } from '@heddle/testing';
import { FakeRegistry, useRegistry } from '../../testing/fake-registry.js';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { capture } from './capture.phase.js';
import { pause, resume } from './pause.phase.js';
import { provision } from './provision.phase.js';
import { release } from './release.phase.js';
import { runTurn } from './run-turn.phase.js';

const codex = agentTool('CODEX') as AgentTool;

/** Speaks the protocol of codex: its prompt is the program that it runs. */
const CODEX = `
import { readFileSync, writeFileSync } from 'node:fs';
const say = (record) => console.log(JSON.stringify(record));
const ran = (command, output) =>
  say({ type: 'item.completed', item: { id: 'i', type: 'command_execution', command, aggregated_output: output, exit_code: 1, status: 'failed' } });
const done = () => say({ type: 'turn.completed', usage: {} });
const stay = () => setInterval(() => {}, 1000);
if (process.argv.includes('--version')) console.log('codex-cli 1.0.0');
else eval(readFileSync(0, 'utf8'));
`;

let harness: RunnerHarness;
let registry: FakeRegistry;
let restore: () => void;

beforeAll(async () => {
  const directory = await temporary('watch');
  harness = await RunnerHarness.start(directory, 'echo a > a');
  registry = await FakeRegistry.start(join(directory, 'registry'));
  restore = useRegistry(registry.url, join(directory, 'npm'));
  await registry.publish({
    name: codex.package,
    version: '1.0.0',
    files: { 'codex.mjs': CODEX },
    manifest: { bin: { codex: 'codex.mjs' } },
  });
});

afterAll(async () => {
  await harness.context.tools.stop();
  restore();
  await registry.stop();
  expect(await harness.stop()).toEqual([]);
});

const temporary = useTemporaryDirectories();

async function provisioned(id: string, prompt: string): Promise<SandboxOwnerRef> {
  const agent = { ...AgentSpec.create(), kind: 'CODEX', version: '1.0.0' };
  const owner = harness.attempt(id, [], { agent, agentWanted: true, prompt });
  await provision(harness.context, owner, harness.signal);
  return owner;
}

/** As the attempt shows it. */
async function judged(owner: SandboxOwnerRef, turn: TurnResult): Promise<string> {
  const captured = await capture(harness.context, { owner, turn: 1, partial: !endedWell(turn) }, harness.signal);
  const { state, statusDetail } = judgeTurn(turn, captured);
  await release(harness.context, owner);
  return `${state}(${statusDetail})`;
}

async function restartWith(turnLimits: RunnerHarness['turnLimits']): Promise<void> {
  harness.turnLimits = turnLimits;
  await harness.restartRunner();
}

async function attempt(id: string, prompt: string): Promise<{ readonly turn: TurnResult; readonly end: string }> {
  const owner = await provisioned(id, prompt);
  const turn = await runTurn(harness.context, owner, 1, harness.signal);
  return { turn, end: await judged(owner, turn) };
}

describe('a program whose turn is over', () => {
  it('is ended when it stays, and what its record says counts', async () => {
    await restartWith({ exitGraceMs: 300, repeats: 0 });
    const { turn, end } = await attempt('w1', `writeFileSync('b', 'b'); done(); stay();`);
    expect(turn).toMatchObject({ outcome: 'EXITED', report: { completed: true } });
    expect(end).toBe('COMPLETED()');
    expect(harness.publisher.texts('w1')).toContain(
      'the platform ended the agent: its turn was over, and its program stayed',
    );
  });

  it('is ended too where it bears SIGTERM, or failed by its record', async () => {
    const { end } = await attempt(
      'w2',
      `process.on('SIGTERM', () => {}); say({ type: 'turn.failed', error: { message: 'status 401 Unauthorized' } }); stay();`,
    );
    expect(end).toBe('FAILED(AGENT_AUTH_FAILED)');
  });

  it('may stay without a record for longer than its time', async () => {
    const { turn } = await attempt('w3', `setTimeout(() => { process.exitCode = 3; }, 900);`);
    expect(turn).toMatchObject({ outcome: 'EXITED', exitCode: 3 });
    expect(turn.report?.completed).not.toBe(true);
  });

  it('may go by itself within its time', async () => {
    await restartWith({ exitGraceMs: 3_600_000, repeats: 0 });
    const { turn } = await attempt('w8', `done(); process.exitCode = 3;`);
    expect(turn).toMatchObject({ outcome: 'EXITED', exitCode: 3, report: { completed: true } });
  });

  it('is ended by the next runner, from what is in the spool', async () => {
    await restartWith({ exitGraceMs: 3_600_000, repeats: 0 });
    const owner = await provisioned('w4', `done(); stay();`);
    const gone = new AbortController();
    const turn = runTurn(harness.context, owner, 1, gone.signal);
    const spool = join((await harness.context.sandboxes.get(owner)).directory.spool, 'turn-1.out');
    await harness.until(async () => (await readFile(spool, 'utf8').catch(() => '')).includes('turn.completed'));
    gone.abort(new Error('the runner dies'));
    await expect(turn).rejects.toThrow('the runner dies');
    await restartWith({ exitGraceMs: 300, repeats: 0 });
    const again = await runTurn(harness.context, owner, 1, harness.signal);
    expect(await judged(owner, again)).toBe('COMPLETED(AGENT_NO_CHANGES)');
  });

  it('is left alone while it is paused', async () => {
    await restartWith({ exitGraceMs: 3_600_000, repeats: 0 });
    const { context, signal } = harness;
    const owner = await provisioned('w5', `done(); stay();`);
    const turn = runTurn(context, owner, 1, signal);
    await harness.until(() => harness.publisher.texts('w5').some((text) => text.includes('turn.completed')));
    await pause(context, owner, signal);
    const name = { sandbox: 'attempt-w5-1', box: 'attempt-w5-1.agent', process: 'turn-1' };
    expect(await context.supervisor.call('end', { ...name, graceMs: 0 })).toEqual({ ended: false });
    expect(await context.supervisor.call('hello', {})).toMatchObject({ running: ['attempt-w5-1'] });
    await resume(context, owner, signal);
    expect(await context.supervisor.call('end', { ...name, graceMs: 0 })).toEqual({ ended: true });
    expect(await judged(owner, await turn)).toBe('COMPLETED(AGENT_NO_CHANGES)');
  });
});

describe('an agent that does the same again and again', () => {
  it('is stuck: it is ended, with what it did', async () => {
    await restartWith({ exitGraceMs: 0, repeats: 20 });
    const { turn, end } = await attempt(
      'w6',
      `writeFileSync('b', 'b'); setInterval(() => ran('npm  test', 'red'), 10);`,
    );
    expect(end).toBe('FAILED(AGENT_STUCK)');
    expect(turn.report?.failure?.message).toMatch(
      /^it did the same \d+ times in a row, with the same outcome: npm test$/,
    );
    expect(harness.publisher.texts('w6').join('\n')).toContain('the platform ended the agent: it did the same');
  });

  it('is not where the outcome changes', async () => {
    const { end } = await attempt('w7', `for (let i = 0; i < 40; i++) ran('npm test', 'red ' + i); done();`);
    expect(end).toBe('COMPLETED(AGENT_NO_CHANGES)');
  });
});
