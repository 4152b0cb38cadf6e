import { statfs } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SandboxLimits } from '@heddle/contracts';
import type { CheckOutcome, TurnResult } from '@heddle/contracts/workflows';
import { endedWell, judgeTurn } from '@heddle/domain';
import { useTemporaryDirectories } from '@heddle/testing';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { usageSamples } from '../report/usage-samples.js';
import { capture } from './capture.phase.js';
import { provision } from './provision.phase.js';
import { release } from './release.phase.js';
import { runChecks } from './run-checks.phase.js';
import { runTurn } from './run-turn.phase.js';

const isRoot = process.getuid?.() === 0;
const MIB = 1024 * 1024;
const HOG = `exec python3 -c 'x = bytearray(400 << 20)'`;
const FORK_BOMB = `exec python3 -c '
import os, time
for i in range(200):
  if os.fork() == 0: time.sleep(1000)
'`;
let harness: RunnerHarness;
let attempts = 0;

interface Ended {
  readonly turn: TurnResult;
  /** As the attempt shows it. */
  readonly state: string;
  readonly detail: string;
  readonly files: readonly string[];
  readonly checks: readonly CheckOutcome[];
}

/** The whole of an attempt, judged as its workflow does. */
async function attempt(limits: Partial<SandboxLimits>, script: string, ...checks: string[]): Promise<Ended> {
  const { context, signal } = harness;
  const owner = harness.attempt(`limited-${String(++attempts)}`, ['bash', '-c', script], {
    limits,
    checks: checks.map((check, index) => harness.check(`check-${String(index)}`, check)),
  });
  await provision(context, owner, signal);
  const turn = await runTurn(context, owner, 1, signal);
  const captured = await capture(context, { owner, turn: 1, partial: !endedWell(turn) }, signal);
  const verdict = judgeTurn(turn, captured);
  const ran = verdict.partial
    ? { checks: [] }
    : await runChecks(context, { owner, turn: 1, commit: captured.commit }, signal);
  await release(context, owner);
  const files = await harness.store.list(captured.commit);
  return { turn, state: verdict.state, detail: verdict.statusDetail, files, checks: ran.checks };
}

(isRoot ? describe : describe.skip)('an attempt at its limits', () => {
  beforeAll(async () => {
    harness = await RunnerHarness.start(await temporary('limited'), 'echo hello > README.md');
  });

  afterAll(async () => {
    expect(await harness.stop()).toEqual([]);
  });

  it('says what it used where it met none', async () => {
    const { turn, detail } = await attempt(
      {},
      'head -c 3M /dev/urandom > big; for i in 1 2 3; do sleep 0.1 & done; wait; echo printed',
    );
    expect(turn.limits).toBeUndefined();
    expect(detail).toBe('');
    expect(turn.usage?.peakDiskBytes).toBeGreaterThan(3 * MIB);
    expect(turn.usage?.peakDiskInodes).toBeGreaterThan(0);
    expect(turn.usage?.peakProcesses).toBeGreaterThan(3);
    expect(turn.usage?.peakMemoryBytes).toBeGreaterThan(MIB);
    expect(turn.usage?.cpuMs).toBeGreaterThan(0);
    expect(turn.usage?.outputBytes).toBe('printed\n'.length);
    expect(turn.usage?.wallMs).toBeGreaterThan(0);
  });

  it('of memory is a failure that says so', async () => {
    const { state, detail, turn } = await attempt({ memoryBytes: String(64 * MIB) }, HOG);
    expect({ state, detail }).toEqual({ state: 'FAILED', detail: 'MEMORY_LIMIT' });
    expect(turn.usage?.peakMemoryBytes).toBeGreaterThan(32 * MIB);
  });

  it('of memory is none where the agent bore it', async () => {
    const { state, detail } = await attempt({ memoryBytes: String(64 * MIB) }, `(${HOG}); echo fine > file`);
    expect({ state, detail }).toEqual({ state: 'COMPLETED', detail: '' });
  });

  it('of processes is a failure that says so', async () => {
    const { state, detail, turn } = await attempt({ processes: 30 }, FORK_BOMB);
    expect({ state, detail }).toEqual({ state: 'FAILED', detail: 'PROCESS_LIMIT' });
    expect(turn.usage?.peakProcesses).toBeLessThanOrEqual(30);
  });

  it('of bytes on disk is a failure that says so, keeps what was there and takes nothing more from the host', async () => {
    const before = await statfs(harness.data);
    const { state, detail, files } = await attempt(
      { diskBytes: String(32 * MIB) },
      'echo first > first; head -c 1 /dev/zero > "$HOME"/x; dd if=/dev/zero of="$HOME"/big bs=1M',
    );
    const after = await statfs(harness.data);
    expect({ state, detail }).toEqual({ state: 'FAILED', detail: 'DISK_LIMIT' });
    expect(files.some((file) => file.endsWith(' first'))).toBe(true);
    expect((before.bavail - after.bavail) * after.bsize).toBeLessThan(512 * MIB);
  });

  it('of files on disk is a failure that says so, whatever the agent says of itself', async () => {
    const { state, detail } = await attempt(
      { diskInodes: '2000' },
      'i=0; while : > "$HOME/$i"; do i=$((i + 1)); done 2>/dev/null; exit 0',
    );
    expect({ state, detail }).toEqual({ state: 'FAILED', detail: 'DISK_LIMIT' });
  });

  it('of idle time is ended by the platform', async () => {
    const { state, detail, turn } = await attempt(
      { idleDuration: { seconds: '1', nanos: 0 } },
      'echo waiting; sleep 1000',
    );
    expect({ state, detail }).toEqual({ state: 'TIMED_OUT', detail: 'IDLE_LIMIT' });
    expect(turn.outcome).toBe('LIMITED');
  });

  it('of idle time is none while it prints or works', async () => {
    const { state } = await attempt(
      { idleDuration: { seconds: '1', nanos: 0 } },
      'for i in $(seq 15); do echo $i; sleep 0.2; done; end=$((SECONDS + 3)); while [ $SECONDS -lt $end ]; do :; done; echo x > file',
    );
    expect(state).toBe('COMPLETED');
  });

  it('of output is cut, counts, and says so', async () => {
    const { state, detail } = await attempt({ outputBytes: '4096' }, 'seq 100000; echo x > file');
    expect({ state, detail }).toEqual({ state: 'COMPLETED', detail: 'OUTPUT_LIMIT' });
  });

  it('of a check is its own', async () => {
    const { checks } = await attempt(
      { memoryBytes: String(64 * MIB), processes: 30, diskInodes: '2000', idleDuration: { seconds: '1', nanos: 0 } },
      'echo x > file',
      HOG,
      FORK_BOMB,
      'i=0; while : > "$HOME/$i"; do i=$((i + 1)); done 2>/dev/null; exit 1',
      'sleep 1000',
      'true',
    );
    expect(checks.map(({ state, statusDetail }) => `${state} ${statusDetail}`)).toEqual([
      'FAILED CHECK_MEMORY_LIMIT',
      'FAILED CHECK_PROCESS_LIMIT',
      'FAILED CHECK_DISK_LIMIT',
      'TIMED_OUT CHECK_IDLE_LIMIT',
      'PASSED ',
    ]);
  });

  it('is told while it runs, and to nobody once it is over', async () => {
    const { context, signal } = harness;
    const owner = harness.attempt('watched', ['bash', '-c', 'echo here; sleep 1000'], {});
    await provision(context, owner, signal);
    const turn = runTurn(context, owner, 1, signal);
    await harness.until(async () => (await usageSamples(context)).length > 0);
    const [sample] = await usageSamples(context);
    expect(sample).toMatchObject({ attemptId: 'watched', fence: '1', usage: { outputBytes: '5' } });
    expect(Number(sample?.usage?.peakMemoryBytes)).toBeGreaterThan(0);
    await context.supervisor.call('stop', { sandbox: 'attempt-watched-1', reason: 'CANCELLED', graceMs: 0 });
    expect(await turn).toMatchObject({ outcome: 'STOPPED' });
    expect(await usageSamples(context)).toEqual([]);
    await capture(context, { owner, turn: 1, partial: true }, signal);
    await release(context, owner);
  });
});

// After the hook above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();
