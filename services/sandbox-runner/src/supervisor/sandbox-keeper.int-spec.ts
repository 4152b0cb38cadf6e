import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@heddle/platform/logging';
import { ModelGates } from '@heddle/egress';
import {
  foldJournal,
  hostIdentity,
  identifyProcess,
  SandboxDirectory,
  type BoxSpec,
  type JournalEntry,
  type ProcessIdentity,
} from '@heddle/sandbox';
import { useTemporaryDirectories } from '@heddle/testing';
import { FakeDriver } from '../testing/fake-driver.js';
import { SandboxEgress } from './egress/sandbox-egress.js';
import { findTrustPlaces } from './egress/trust-places.js';
import { SandboxKeeper } from './sandbox-keeper.js';

const temporary = useTemporaryDirectories();
const logger = createLogger('test', 'silent');
const name = { sandbox: 's', box: 'b', process: 'turn-1' };
const started = { type: 'started', box: 'b', process: 'turn-1', startedAt: 1 } as const;
let directory: SandboxDirectory;
let driver: FakeDriver;
let box: BoxSpec;
/** Of this boot, and dead. */
let dead: ProcessIdentity;

beforeEach(async () => {
  directory = new SandboxDirectory(join(await temporary('keeper'), 's'));
  await directory.create({});
  driver = new FakeDriver();
  box = { name: 'b', paths: directory.box('b'), layers: [], uid: 0, limits: {} };
  dead = { ...(await hostIdentity()), pid: 0, startTime: '0' };
});

function starting(drainers: readonly ProcessIdentity[]): JournalEntry {
  const spools = [join(directory.spool, 'out')];
  return { type: 'starting', box: 'b', process: 'turn-1', spools, drainers };
}

/** A keeper over the journal that an earlier one left. */
async function adopted(...entries: readonly JournalEntry[]): Promise<SandboxKeeper> {
  await directory.journal.append({ type: 'box', box }, ...entries);
  const egress = new SandboxEgress(directory, driver, findTrustPlaces, new ModelGates(), logger);
  return SandboxKeeper.open(directory, driver, egress, logger);
}

/** The disk is full for the next lines of this type. */
function refuse(type: JournalEntry['type'], times: number): void {
  const { journal } = directory;
  const append = journal.append.bind(journal);
  journal.append = async (...entries) => {
    if (times > 0 && entries.some((entry) => entry.type === type)) {
      times--;
      throw new Error('ENOSPC');
    }
    await append(...entries);
  };
}

async function start(keeper: SandboxKeeper): Promise<unknown> {
  const spool = { stdout: join(directory.spool, 'out'), stderr: join(directory.spool, 'err') };
  const process = { id: 'turn-1', command: [], environment: {}, spool, outputCapBytes: 8 } as const;
  return keeper.start({ sandbox: 's', box: 'b', process });
}

describe('the keeper of a sandbox', () => {
  it('tells nobody of an end while something outlives SIGKILL, and all of it afterwards', async () => {
    driver.outlived = 2;
    driver.exitCode = 0;
    const keeper = await adopted(starting([dead]), { ...started, main: dead });
    expect(await keeper.wait(name)).toMatchObject({ outcome: 'EXITED' });
    expect(driver.calls.filter((call) => call === 'kill')).toHaveLength(3);
  });

  it('tells nobody of an end that a full disk did not take', async () => {
    driver.main = dead;
    driver.exitCode = 3;
    const keeper = await adopted();
    refuse('ended', 1);
    await start(keeper);
    expect(await keeper.wait(name)).toMatchObject({ outcome: 'EXITED', exitCode: 3 });
    expect(foldJournal(await directory.journal.read()).processes.get('b/turn-1')?.result).toMatchObject({
      exitCode: 3,
    });
  });

  it('ends what could not be put on record, and never starts a second one beside a first', async () => {
    driver.main = dead;
    const keeper = await adopted();
    refuse('started', 1);
    await expect(start(keeper)).rejects.toThrow('ENOSPC');
    expect(driver.calls).toEqual(['create', 'kill', 'spawn', 'kill']);
    driver.outlived = 1;
    await expect(start(keeper)).rejects.toMatchObject({ reason: 'SANDBOX_NOT_EMPTY' });
    expect(driver.calls.filter((call) => call === 'spawn')).toHaveLength(1);
    await start(keeper);
    expect(driver.calls.filter((call) => call === 'spawn')).toHaveLength(2);
    await keeper.wait(name);
  });

  it('a stop that a full disk does not take ends everything all the same, and is told once it is on record', async () => {
    driver.main = dead;
    const keeper = await adopted();
    await start(keeper);
    refuse('stopping', 2);
    await expect(keeper.stop('CANCELLED', 0)).rejects.toThrow('ENOSPC');
    expect(driver.calls.at(-1)).toBe('kill');
    await keeper.stop('TIME_LIMIT', 0);
    expect(foldJournal(await directory.journal.read()).stopping).toBe('CANCELLED');
  });

  it('a stop that its supervisor did not live to end makes of an exit code no failure of the agent', async () => {
    driver.exitCode = 143;
    const stopping = { type: 'stopping', reason: 'CANCELLED' } as const;
    const keeper = await adopted(starting([dead]), { ...started, main: dead }, stopping);
    expect(await keeper.wait(name)).toMatchObject({ outcome: 'STOPPED', stopReason: 'CANCELLED', exitCode: 143 });
  });

  it('is removed with what is being made and started in it, and makes nothing afterwards', async () => {
    driver.main = dead;
    const keeper = await adopted();
    let letGo = (): void => undefined;
    driver.create = async () => {
      await new Promise<void>((go) => (letGo = go));
      driver.calls.push('made');
    };
    const starting = start(keeper);
    const removing = keeper.remove();
    letGo();
    await expect(starting).rejects.toMatchObject({ reason: 'SANDBOX_SPAWN_FAILED' });
    await removing;
    expect(driver.calls).toEqual(['made', 'kill', 'destroy']);
    await expect(keeper.createBox(box)).rejects.toMatchObject({ reason: 'SANDBOX_UNKNOWN' });
    await expect(start(keeper)).rejects.toMatchObject({ reason: 'SANDBOX_SPAWN_FAILED' });
    expect(driver.calls).toEqual(['made', 'kill', 'destroy']);
  });

  it('is removed while it is paused, also where a start waits for its resumption', async () => {
    driver.main = dead;
    const keeper = await adopted();
    await keeper.pause();
    const waiting = start(keeper);
    const removed = keeper.remove();
    await expect(waiting).rejects.toMatchObject({ reason: 'SANDBOX_SPAWN_FAILED' });
    await removed;
    expect(driver.calls).not.toContain('spawn');
  });

  it('a time limit does not run on during a pause, whoever watches it by then', async () => {
    const child = spawn('/bin/sleep', ['1000'], { stdio: 'ignore' });
    const main = await identifyProcess(child.pid ?? 0);
    if (main === undefined) throw new Error('the process is gone already');
    const startedAt = Date.now() - 3_600_000;
    const entries = [{ ...starting([dead]), timeoutMs: 600_000 } as JournalEntry, { ...started, startedAt, main }];
    const keeper = await adopted(...entries, { type: 'paused', since: startedAt + 1_000 });
    expect(driver.calls).toEqual(['freeze']);
    await keeper.resume();
    const [{ to = 0 } = { to: 0 }] = foldJournal(await directory.journal.read()).pauses;
    expect(to).toBeGreaterThan(startedAt);
    expect(driver.calls).not.toContain('terminate');
    child.kill('SIGKILL');
    driver.exitCode = 0;
    expect(await keeper.wait(name)).toMatchObject({ outcome: 'EXITED' });
  });

  it('one that was not paused is ended by its time limit at once', async () => {
    const child = spawn('/bin/sleep', ['1000'], { stdio: 'ignore' });
    const main = await identifyProcess(child.pid ?? 0);
    if (main === undefined) throw new Error('the process is gone already');
    driver.onTerminate = () => child.kill('SIGKILL');
    const startedAt = Date.now() - 3_600_000;
    const keeper = await adopted({ ...starting([dead]), timeoutMs: 600_000 } as JournalEntry, {
      ...started,
      startedAt,
      main,
    });
    expect(await keeper.wait(name)).toMatchObject({ outcome: 'TIMED_OUT' });
  });

  describe('after a loss of power', () => {
    const result = { outcome: 'EXITED', exitCode: 0, endedAt: 5, outputTruncated: false } as const;
    const ended = { type: 'ended', box: 'b', process: 'turn-1', result } as const;
    const checkpoint = { type: 'checkpoint', number: 1, commit: 'c', tree: 't', final: true } as const;
    const ofEarlierBoot = (): ProcessIdentity => ({ ...dead, bootId: 'an earlier one' });

    it('an end whose tree is stored nowhere is none: its files need not be on the disk', async () => {
      const keeper = await adopted(starting([]), { ...started, main: ofEarlierBoot() }, ended, checkpoint);
      expect(await keeper.wait(name)).toMatchObject({ outcome: 'INTERRUPTED' });
      const { processes } = foldJournal(await directory.journal.read());
      expect(processes.get('b/turn-1')?.result?.outcome).toBe('INTERRUPTED');
    });

    it('one whose tree is stored stands', async () => {
      const stored = { type: 'stored', number: 1, ref: 'r', changeId: 'c' } as const;
      const keeper = await adopted(starting([]), { ...started, main: ofEarlierBoot() }, ended, checkpoint, stored);
      expect(await keeper.wait(name)).toEqual(result);
    });

    it('a start whose line was lost has run', async () => {
      const keeper = await adopted(starting([ofEarlierBoot()]));
      expect(await keeper.wait(name)).toMatchObject({ outcome: 'INTERRUPTED' });
    });
  });

  it('an end that nobody saw has all of its output, and says whether some is missing', async () => {
    driver.exitCode = 0;
    const drain = spawn('/bin/sh', ['-c', 'read line; printf "%s" "$line" > out; chmod u+x out'], {
      cwd: directory.spool,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const drainer = await identifyProcess(drain.pid ?? 0);
    if (drainer === undefined) throw new Error('the drainer is gone already');
    const keeper = await adopted(starting([drainer]), { ...started, main: dead });
    drain.stdin.end('12345678\n');
    expect(await keeper.wait(name)).toMatchObject({ outcome: 'EXITED', outputTruncated: true });
    expect(await readFile(join(directory.spool, 'out'), 'utf8')).toBe('12345678');
  });
});
