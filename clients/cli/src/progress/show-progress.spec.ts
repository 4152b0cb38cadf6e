import { describe, expect, it } from '@jest/globals';
import type { Batch } from '@heddle/sdk';
import { Output } from '../output/output.js';
import { MemorySink } from '../testing/memory-sink.js';
import { attempt, batch, check, NOW, task } from '../testing/samples.js';
import { LiveScreen } from './live-screen.js';
import { batchExitCode } from './outcome.js';
import { showProgress } from './show-progress.js';

const queued = batch({
  state: 'QUEUED',
  tasks: [task(1, { attempts: [attempt(1, { state: 'QUEUED', statusDetail: 'NO_FREE_SLOT' })] })],
});
const running = batch({ tasks: [task(1)] });
const ended = batch({
  state: 'COMPLETED',
  tasks: [task(1, { state: 'COMPLETED', attempts: [attempt(1, { state: 'COMPLETED' })] })],
});

async function* snapshots(): AsyncGenerator<Batch, void, undefined> {
  yield* [queued, running, running, ended];
}

function output(stdout: MemorySink, json = false): Output {
  return new Output({ stdout, stderr: new MemorySink(), env: { NO_COLOR: '1' }, json });
}

describe('showProgress', () => {
  const now = (): Date => NOW;

  it('prints one line per change of state in a pipe', async () => {
    const stdout = new MemorySink();
    await expect(showProgress(snapshots(), { out: output(stdout), now })).resolves.toBe(ended);
    expect(stdout.text.replace(/\d\d:\d\d:\d\d/g, 'TIME').split('\n')).toEqual([
      'TIME  0a77e901  QUEUED            Task number 1  NO_FREE_SLOT',
      'TIME  batch 000ba7c4 QUEUED',
      'TIME  0a77e901  RUNNING           Task number 1',
      'TIME  batch 000ba7c4 RUNNING',
      'TIME  0a77e901  COMPLETED         Task number 1',
      'TIME  batch 000ba7c4 COMPLETED',
      '',
    ]);
  });

  it('keeps its columns where an attempt waits with its plan', async () => {
    const waiting = attempt(1, { state: 'WAITING_FOR_USER', statusDetail: 'PLAN_APPROVAL' });
    const stdout = new MemorySink();
    async function* plan(): AsyncGenerator<Batch, void, undefined> {
      yield* [running, batch({ tasks: [task(1, { attempts: [waiting] })] })];
    }
    await showProgress(plan(), { out: output(stdout), now });
    const columns = stdout.text.split('\n').flatMap((line) => (line.includes('Task') ? [line.indexOf('Task')] : []));
    expect(new Set(columns).size).toBe(1);
    expect(columns).toHaveLength(2);
  });

  it('prints one document per line with --json, and the batch at last', async () => {
    const stdout = new MemorySink();
    await showProgress(snapshots(), { out: output(stdout, true), now });
    const records = stdout.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, { state: string }>);
    expect(records.map((record) => Object.entries(record).map(([kind, { state }]) => `${kind} ${state}`))).toEqual([
      ['attempt QUEUED'],
      ['attempt RUNNING'],
      ['attempt COMPLETED'],
      ['batch COMPLETED'],
    ]);
  });

  it('redraws a table in place on a terminal', async () => {
    const stdout = new MemorySink({ columns: 60, rows: 24 });
    await showProgress(snapshots(), { out: output(stdout), now });
    expect(stdout.text.match(/\u001b\[3A\u001b\[0J/g)).toHaveLength(3);
    expect(stdout.text).toContain('COMPLETED');
  });
});

describe('LiveScreen', () => {
  it('never draws wider or higher than the terminal', () => {
    const sink = new MemorySink({ columns: 10, rows: 4 });
    new LiveScreen(sink).draw(['a line that is too long', '2', '3', '4', '5']);
    expect(sink.text).toBe('\u001b[0Ja line th…\n2\n… 3 more\n');
  });
});

describe('batchExitCode', () => {
  it('tells success, failure and time that is over apart', () => {
    expect(batchExitCode(ended, [])).toBe(0);
    expect(batchExitCode(ended, [check({ state: 'FAILED' })])).toBe(1);
    expect(batchExitCode(batch({ state: 'COMPLETED', tasks: [task(1, { state: 'FAILED' })] }), [])).toBe(1);
    expect(batchExitCode(batch({ state: 'CANCELLED', tasks: [task(1, { state: 'CANCELLED' })] }), [])).toBe(1);
    expect(batchExitCode(running, [])).toBe(5);
    expect(batchExitCode(undefined, [])).toBe(5);
    expect(batchExitCode(batch({ state: 'WAITING_FOR_USER' }), [])).toBe(6);
  });
});
