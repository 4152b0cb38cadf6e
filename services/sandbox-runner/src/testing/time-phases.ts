import { mkdtemp, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture } from '../runner/phases/capture.phase.js';
import { provision } from '../runner/phases/provision.phase.js';
import { release } from '../runner/phases/release.phase.js';
import { runTurn } from '../runner/phases/run-turn.phase.js';
import { currentAgentBox } from '../runner/phases/agent-box.js';
import { RunnerHarness } from './runner-harness.js';

// For the bench: says, as JSON, how long the phases of a runner take on a repository of so many files.

const EDITS = 10;
const EDIT = `for i in $(seq ${String(EDITS)}); do echo edited >> d$i/f1; done`;

interface Times {
  /** Milliseconds each. */
  readonly provision: number[];
  readonly capture: number[];
  readonly freeze: number[];
}

async function main(files: number, runs: number): Promise<Times> {
  const directory = await mkdtemp(join(tmpdir(), 'heddle-bench-phases-'));
  await chmod(directory, 0o755);
  const perDirectory = 100;
  const harness = await RunnerHarness.start(
    directory,
    `for d in $(seq ${String(Math.ceil(files / perDirectory))}); do mkdir d$d; (cd d$d; split -a 3 -l 1 -d --numeric-suffixes=0 <(seq $((d * 1000)) $((d * 1000 + ${String(perDirectory - 1)}))) f; for i in f*; do n=\${i#f}; mv $i f$((10#$n)); done); done`,
  );
  const times: Times = { provision: [], capture: [], freeze: [] };
  try {
    for (let run = 0; run < runs; run += 1) await once(harness, `run-${String(run)}`, times, run === 0);
    await frozen(harness, times, runs);
  } finally {
    await harness.stop();
    await rm(directory, { recursive: true, force: true });
  }
  return times;
}

/** A first one pays for the base's check-out: it is not counted. */
async function once(harness: RunnerHarness, id: string, times: Times, isFirst: boolean): Promise<void> {
  const { context, signal } = harness;
  const owner = harness.attempt(id, ['bash', '-c', EDIT]);
  const begin = performance.now();
  await provision(context, owner, signal);
  const provisioned = performance.now();
  await runTurn(context, owner, 1, signal);
  const ended = performance.now();
  await capture(context, { owner, turn: 1, partial: false }, signal);
  if (!isFirst) {
    times.provision.push(provisioned - begin);
    times.capture.push(performance.now() - ended);
  }
  await release(context, owner);
}

/** From the order to freeze to the order to thaw, as a running agent feels it. */
async function frozen(harness: RunnerHarness, times: Times, runs: number): Promise<void> {
  const { context, signal } = harness;
  const owner = harness.attempt('frozen', ['bash', '-c', `${EDIT}; echo ready; sleep 1000`]);
  await provision(context, owner, signal);
  const turn = runTurn(context, owner, 1, signal);
  await harness.until(() => harness.publisher.texts('frozen').includes('ready'));
  const sandbox = await context.sandboxes.get(owner);
  const box = currentAgentBox(sandbox, await sandbox.state());
  if (box === undefined) throw new Error('the agent has no box');
  const call = context.supervisor.call.bind(context.supervisor);
  let since = 0;
  context.supervisor.call = async (method, params, until) => {
    if (method === 'freeze') since = performance.now();
    const answer = await call(method, params, until);
    if (method === 'thaw') times.freeze.push(performance.now() - since);
    return answer;
  };
  for (let run = 0; run < runs; run += 1) {
    await context.checkpoints.takeFrozen(sandbox, {
      box,
      turn: 1,
      final: false,
      partial: true,
      at: Date.now(),
    });
  }
  await context.supervisor.call('stop', { sandbox: sandbox.name, reason: 'CANCELLED', graceMs: 0 });
  await turn;
  await release(context, owner);
}

const [, , files = '', runs = ''] = process.argv;
// What runs in sandboxes is nobody's child: nothing else keeps this process alive while it waits for them.
const alive = setInterval(() => undefined, 1_000);
process.stdout.write(JSON.stringify(await main(Number(files), Number(runs))));
clearInterval(alive);
