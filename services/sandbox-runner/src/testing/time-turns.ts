import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { agentAdapter } from '@heddle/agents';
import { AgentSpec } from '@heddle/contracts';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { NODE_INSIDE } from '@heddle/sandbox';
import { startScriptedModel, type ScriptedModel } from '@heddle/testing/scripted-model';
import { ActivityFeed } from '../runner/logs/activity-feed.js';
import { spoolPaths } from '../runner/logs/log-segment.js';
import { currentAgentBox } from '../runner/phases/agent-box.js';
import { modelEndpoint } from '../runner/network/model-access.js';
import { provision } from '../runner/phases/provision.phase.js';
import { release } from '../runner/phases/release.phase.js';
import { runTurn } from '../runner/phases/run-turn.phase.js';
import { RunnerHarness } from './runner-harness.js';

// For the bench: says, as JSON, what the platform adds to the turns of a real agent, codex against a scripted model.

const HOST = 'models.test';
const KIND = 'CODEX';
const LINES = 100_000;

interface Figures {
  /** Milliseconds of turns by the platform, and of the same command by hand in the same sandbox. */
  readonly turns: number[];
  readonly byHand: number[];
  /** Lines a second, read to activities and only parsed as JSON. */
  readonly read: number;
  readonly parsed: number;
  /** Bytes of runner and supervisor for each attempt whose agent runs. */
  readonly memory: number;
}

const run = promisify(execFile);
const agent = { ...AgentSpec.create(), kind: KIND, model: 'scripted-1', credentialId: 'c1' };

async function main(runs: number, attempts: number): Promise<Figures> {
  const directory = await mkdtemp(join(tmpdir(), 'heddle-bench-turns-'));
  await chmod(directory, 0o755);
  const model = await startScriptedModel({
    scenario: {
      conversations: [
        { name: 'edit', steps: [{ tools: [{ tool: 'shell', command: 'echo more >> notes' }] }, { text: 'Done.' }] },
        { name: 'wait', match: 'Wait', steps: [{ text: 'Never.', fault: { kind: 'hang', from: 'start' } }] },
      ],
    },
  });
  const harness = await RunnerHarness.start(directory, 'echo hello > README.md');
  try {
    harness.privateHosts = [HOST];
    await harness.restartRunner();
    return await measure(harness, model, runs, attempts);
  } finally {
    await harness.context.tools.stop();
    await harness.stop();
    await model.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function measure(harness: RunnerHarness, model: ScriptedModel, runs: number, attempts: number): Promise<Figures> {
  const { context, signal } = harness;
  const baseUrl = `http://${HOST}:${new URL(model.url).port}/v1`;
  harness.model = { credentialId: 'c1', name: 'key', value: 'sk-bench-bench-bench', provider: 'OPENAI', baseUrl };
  const owner = harness.attempt('timed', [], { agent, agentWanted: true, prompt: 'Edit' });
  await provision(context, owner, signal);
  // The first one fills caches.
  await runTurn(context, owner, 1, signal);
  const memory = await memoryOf(harness, attempts);
  const turns: number[] = [];
  const byHand: number[] = [];
  for (let turn = 2; turn < runs + 2; turn += 1) {
    const begin = performance.now();
    await runTurn(context, owner, turn, signal);
    turns.push(performance.now() - begin);
    // One after the other, so that both are measured on the same machine.
    byHand.push(await byHandOnce(harness, owner, turn));
  }
  const { spool } = (await context.sandboxes.get(owner)).directory;
  const rates = await readingRates(await readFile(spoolPaths(spool, 'turn-2').stdout, 'utf8'));
  await release(context, owner);
  return { turns, byHand, ...rates, memory };
}

/** By a program in the sandbox that starts what the platform starts, and looks at its own clock. */
async function byHandOnce(harness: RunnerHarness, owner: SandboxOwnerRef, turn: number): Promise<number> {
  const { context, signal } = harness;
  const sandbox = await context.sandboxes.get(owner);
  const box = currentAgentBox(sandbox, await sandbox.state());
  const { inside } = context.hello;
  const access = await context.secrets.model(sandbox, signal);
  if (box === undefined || inside === undefined || access === undefined) throw new Error('nothing to measure in');
  const places = { ...inside, node: NODE_INSIDE, tools: box.tools?.[0]?.target };
  const launch = agentAdapter(KIND).launch({
    agent,
    turn,
    prompt: 'Edit',
    mode: 'CODE',
    variables: {},
    places,
    model: modelEndpoint(access),
  });
  const script = `
    const begin = performance.now();
    require('node:child_process').spawnSync(${JSON.stringify(launch.command[0])}, ${JSON.stringify(launch.command.slice(1))}, { stdio: 'ignore' });
    console.log(performance.now() - begin);`;
  const process = `hand-${String(turn)}`;
  const spool = spoolPaths(sandbox.directory.spool, process);
  return context.egress.during(sandbox, box, signal, async (environment) => {
    const name = { sandbox: sandbox.name, box: box.name };
    await context.supervisor.call('start', {
      ...name,
      process: {
        id: process,
        command: [NODE_INSIDE, '-e', script],
        environment: { ...environment, ...launch.environment },
        spool,
        outputCapBytes: 1024 * 1024,
      },
    });
    await context.supervisor.call('wait', { ...name, process });
    return Number(await readFile(spool.stdout, 'utf8'));
  });
}

/** Of what codex printed for a turn, again and again. */
async function readingRates(printed: string): Promise<Pick<Figures, 'read' | 'parsed'>> {
  const lines = printed.split('\n').filter((line) => line !== '');
  const rate = (each: (line: string) => void): number => {
    const begin = performance.now();
    for (let count = 0; count < LINES; count += 1) each(lines[count % lines.length] ?? '');
    return LINES / ((performance.now() - begin) / 1_000);
  };
  const reader = agentAdapter(KIND).reader({ workspace: '/workspace', mode: 'CODE' });
  if (reader === undefined) throw new Error(`${KIND} has no reader`);
  const feed = new ActivityFeed(1, reader);
  return {
    read: rate((line) => feed.take({ bytes: Buffer.from(line), endsLine: true })),
    parsed: rate((line) => JSON.parse(line) as unknown),
  };
}

/** Of runner, supervisor and what drains outputs, while agents wait for their model. */
async function memoryOf(harness: RunnerHarness, attempts: number): Promise<number> {
  const { context, signal } = harness;
  const { pid } = await context.supervisor.call('hello', {});
  const before = held() + (await resident(pid));
  const owners = Array.from({ length: attempts }, (_, index) =>
    harness.attempt(`waits-${String(index)}`, [], { agent, agentWanted: true, prompt: 'Wait' }),
  );
  const turns: Promise<unknown>[] = [];
  const drainers: number[] = [];
  for (const owner of owners) {
    await provision(context, owner, signal);
    turns.push(runTurn(context, owner, 1, signal));
    await harness.until(() => harness.publisher.texts(owner.id).some((text) => text.includes('turn.started')));
    const { processes } = await (await context.sandboxes.get(owner)).state();
    for (const running of processes.values()) drainers.push(...running.drainers.map((drainer) => drainer.pid));
  }
  const bytes = held() + (await resident(pid, ...drainers)) - before;
  for (const owner of owners) {
    const sandbox = await context.sandboxes.get(owner);
    await context.supervisor.call('stop', { sandbox: sandbox.name, reason: 'CANCELLED', graceMs: 0 });
  }
  await Promise.all(turns);
  for (const owner of owners) await release(context, owner);
  return bytes / attempts;
}

/** Bytes that this process, as the runner, holds: what it has freed may be resident still. */
function held(): number {
  global.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Bytes of these processes. */
async function resident(...pids: readonly number[]): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', pids.join(',')]);
  return stdout.split('\n').reduce((sum, kib) => sum + Number(kib), 0) * 1024;
}

const [, , runs = '', attempts = ''] = process.argv;
// As with the phases: what runs in sandboxes keeps nobody alive.
const alive = setInterval(() => undefined, 1_000);
process.stdout.write(JSON.stringify(await main(Number(runs), Number(attempts))));
clearInterval(alive);
