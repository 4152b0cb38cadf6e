import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { mountsBelow } from '@heddle/sandbox';
import { useTemporaryDirectories } from '@heddle/testing';
import type { TerminalEnd } from '../../protocol/terminal-protocol.js';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { capture } from '../phases/capture.phase.js';
import { provision } from '../phases/provision.phase.js';
import { release } from '../phases/release.phase.js';
import { runTurn } from '../phases/run-turn.phase.js';
import { openKept } from './open-kept.js';
import type { SupervisorTerminal } from './supervisor-terminal.js';

const run = promisify(execFile);
let harness: RunnerHarness;
let count = 0;

beforeAll(async () => {
  harness = await RunnerHarness.start(await temporary('terminal'), 'echo base > tracked; mkdir sub; echo s > sub/file');
});

afterAll(async () => {
  expect(await harness.stop()).toEqual([]);
});

const temporary = useTemporaryDirectories();

const AGENT = 'echo work > made; rm tracked; mv sub moved; echo h > ~/of-home; ln -s made link';

async function kept(id: string, keepSeconds = 3_600): Promise<SandboxOwnerRef> {
  const keepDuration = { seconds: String(keepSeconds), nanos: 0 };
  const variables = { GIVEN: 'yes' };
  const owner = harness.attempt(id, ['bash', '-c', AGENT], { keepDuration, variables });
  const { context, signal } = harness;
  await provision(context, owner, signal);
  await runTurn(context, owner, 1, signal);
  await capture(context, { owner, turn: 1, partial: false }, signal);
  await release(context, owner);
  return owner;
}

interface Opening {
  readonly window?: { readonly columns: number; readonly rows: number };
  readonly idleMs?: number;
  readonly limitMs?: number;
  readonly signal?: AbortSignal;
}

function open(owner: SandboxOwnerRef, command: readonly string[], opening: Opening = {}): Promise<SupervisorTerminal> {
  const { window = { columns: 0, rows: 0 }, idleMs = 3_600_000, limitMs = 3_600_000 } = opening;
  const settings = { socketPath: join(harness.data, 's.sock'), most: 8, idleMs, limitMs };
  const start = { command: [...command], ...window };
  const terminalId = `t${String(++count)}`;
  return openKept(harness.context, settings, { owner, terminalId, start }, opening.signal ?? harness.signal);
}

class Reading {
  output = '';
  errorOutput = '';
  readonly end: Promise<TerminalEnd | undefined>;

  constructor(terminal: SupervisorTerminal) {
    this.end = this.read(terminal);
  }

  private async read(terminal: SupervisorTerminal): Promise<TerminalEnd | undefined> {
    for await (const line of terminal.output()) {
      if ('output' in line) this.output += Buffer.from(line.output, 'base64').toString();
      else if ('errorOutput' in line) this.errorOutput += Buffer.from(line.errorOutput, 'base64').toString();
      else return line.ended;
    }
    return undefined;
  }
}

/** One command, to its end. */
async function ran(owner: SandboxOwnerRef, script: string, opening?: Opening): Promise<Reading & { ended: unknown }> {
  const terminal = await open(owner, ['bash', '-c', script], opening);
  const reading = new Reading(terminal);
  return Object.assign(reading, { ended: await reading.end });
}

async function type(terminal: SupervisorTerminal, text: string): Promise<void> {
  await terminal.send({ input: Buffer.from(text).toString('base64') });
}

async function imageOf(owner: SandboxOwnerRef): Promise<string> {
  const sandbox = await harness.context.sandboxes.get(owner);
  return join(sandbox.directory.path, 'agent', 'disk.img');
}

async function checksum(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function terminalsLeft(owner: SandboxOwnerRef): Promise<string[]> {
  const { path } = (await harness.context.sandboxes.get(owner)).directory;
  const names = (await readdir(path)).filter((name) => name.startsWith('terminal-'));
  const losetup = await run('/usr/sbin/losetup', ['--all', '--noheadings', '--output', 'BACK-FILE']);
  const loops = losetup.stdout.split('\n').filter((line) => line.includes(path));
  return [...names, ...(await mountsBelow(path)), ...loops];
}

describe('a terminal in a kept sandbox', () => {
  let owner: SandboxOwnerRef;

  beforeAll(async () => {
    owner = await kept('t1');
  });

  it('shows the work tree and the home as the agent left them', async () => {
    const script = 'ls; cat made link moved/file ~/of-home; echo $GIVEN; id -u; pwd; exit 7';
    const { output, errorOutput, ended } = await ran(owner, script);
    const { base } = await harness.context.sandboxes.get(owner);
    expect(errorOutput).toBe('');
    expect(output.split('\n')).toEqual([
      'link',
      'made',
      'moved',
      'work',
      'work',
      's',
      'h',
      'yes',
      String(base.uid),
      '/workspace',
      '',
    ]);
    expect(ended).toEqual({ reason: 'EXITED', exitCode: 7 });
  });

  it('takes everything that is done in it along, and leaves what is kept byte by byte as it is', async () => {
    const image = await imageOf(owner);
    const before = await checksum(image);
    const { ended } = await ran(owner, 'echo x >> made; rm -r moved; echo y > new; echo z > ~/new; rm ~/of-home; sync');
    expect(ended).toEqual({ reason: 'EXITED', exitCode: 0 });
    expect(await checksum(image)).toBe(before);
    expect((await ran(owner, 'cat made; ls ~ .')).output).toBe(
      'work\n.:\nlink\nmade\nmoved\n\n/home/agent:\nof-home\n',
    );
    expect(await terminalsLeft(owner)).toEqual([]);
  });

  it('has pipes apart where there is no window, and an end of its input', async () => {
    const terminal = await open(owner, ['bash', '-c', 'cat; echo told >&2; [ -t 0 ] || exit 3']);
    const reading = new Reading(terminal);
    await type(terminal, 'typed\r\n');
    await terminal.send({ endOfInput: true });
    expect(await reading.end).toEqual({ reason: 'EXITED', exitCode: 3 });
    expect(reading).toMatchObject({ output: 'typed\r\n', errorOutput: 'told\n' });
  });

  it('is a terminal of its own where there is a window: sizes, keys, jobs', async () => {
    const terminal = await open(owner, ['bash', '--norc', '-i'], { window: { columns: 91, rows: 31 } });
    const reading = new Reading(terminal);
    await type(terminal, 'stty size; sleep 1000\n');
    await harness.until(() => reading.output.includes('31 91'));
    await terminal.send({ resize: { columns: 47, rows: 17 } });
    await type(terminal, '\x03');
    await type(terminal, 'stty size; (exit 5); exit\n');
    expect(await reading.end).toEqual({ reason: 'EXITED', exitCode: 5 });
    expect(reading.output).toContain('17 47');
    expect(reading.output).not.toContain('no job control');
  });

  it('injects nothing, reaches no network, knows no secret and stays within the limits', async () => {
    const inject = 'import fcntl,termios\nfcntl.ioctl(0, termios.TIOCSTI, b"x")';
    const script = [
      `python3 -c '${inject}' 2>&1 | tail -1`,
      'ls /sys/class/net 2>/dev/null || tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "',
      'grep -c . /proc/net/route',
      'ulimit -n',
    ].join('; ');
    await harness.withSecret({ name: 'HIDDEN', value: 'never-shown-value' }, async () => {
      const { output } = await ran(owner, `${script}; env`, { window: { columns: 80, rows: 24 } });
      const [injected, interfaces, routes, openFiles] = output.split('\r\n');
      expect(injected).toMatch(/PermissionError|Operation not permitted/);
      expect(interfaces).toBe('lo');
      expect(routes).toBe('1');
      expect(openFiles).toBe('4096');
      expect(output).not.toContain('never-shown-value');
    });
  });

  it('may be beside another, each with its own copy', async () => {
    const first = await open(owner, ['bash']);
    const second = await open(owner, ['bash']);
    const [one, two] = [new Reading(first), new Reading(second)];
    await type(first, 'echo one > mine; echo written\n');
    await harness.until(() => one.output.includes('written'));
    await type(second, 'cat mine made; exit 6\n');
    expect(await two.end).toEqual({ reason: 'EXITED', exitCode: 6 });
    expect(two.output).toBe('work\n');
    await type(first, 'cat mine; exit 4\n');
    expect(await one.end).toEqual({ reason: 'EXITED', exitCode: 4 });
    expect(one.output).toContain('one\n');
  });

  it('ends with whoever opened it', async () => {
    const client = new AbortController();
    const terminal = await open(owner, ['bash', '-c', 'echo up; (exec -a left-behind sleep 1000) & exec sleep 1000'], {
      signal: client.signal,
    });
    const reading = new Reading(terminal);
    await harness.until(() => reading.output === 'up\n');
    client.abort();
    expect(await reading.end).toBeUndefined();
    await harness.until(async () => (await terminalsLeft(owner)).length === 0);
    const { stdout } = await run('ps', ['-eo', 'args=']);
    expect(stdout).not.toContain('left-behind');
  });

  it('ends when it was idle, or open, for too long', async () => {
    const idle = new Reading(await open(owner, ['sleep', '1000'], { idleMs: 200 }));
    expect(await idle.end).toEqual({ reason: 'IDLE_LIMIT' });
    const busy = new Reading(await open(owner, ['bash', '-c', 'while echo x; do sleep 0.01; done'], { limitMs: 400 }));
    expect(await busy.end).toEqual({ reason: 'TIME_LIMIT' });
    expect(await terminalsLeft(owner)).toEqual([]);
  });

  it('keeps nobody from working whose program reads nothing, and waits for whoever reads nothing', async () => {
    const window = { columns: 80, rows: 24 };
    const deaf = await open(owner, ['bash', '-c', 'stty raw -echo; echo up; exec sleep 1000'], { window });
    const reading = new Reading(deaf);
    await harness.until(() => reading.output.includes('up'));
    await type(deaf, 'x'.repeat(200_000));
    expect((await ran(owner, 'echo other')).output).toBe('other\n');
    const { context } = harness;
    expect(await context.supervisor.call('sweep', {})).toEqual({ removed: [] });
    await context.supervisor.call('closeTerminals', { sandbox: 'another' });
    await harness.signalSupervisor('SIGUSR2');
    expect(await reading.end).toEqual({ reason: 'PLATFORM_STOPPED' });
    harness.startSupervisor();
    await context.supervisor.call('hello', {});
    expect(await terminalsLeft(owner)).toEqual([]);
  });

  it('does not survive its supervisor, and the next one finds nothing of it worth keeping', async () => {
    const reading = new Reading(await open(owner, ['bash', '-c', 'echo up > new; cat new; exec sleep 1000']));
    await harness.until(() => reading.output === 'up\n');
    await harness.signalSupervisor('SIGKILL');
    expect(await reading.end).toBeUndefined();
    harness.startSupervisor();
    await harness.context.supervisor.call('hello', {});
    await harness.context.supervisor.call('sweep', {});
    await harness.context.supervisor.call('sweep', {});
    expect(await terminalsLeft(owner)).toEqual([]);
    expect((await ran(owner, 'cat made; ls')).output).toBe('work\nlink\nmade\nmoved\n');
  });

  it('ends when the sandbox goes, which nobody can open any more then', async () => {
    const reading = new Reading(await open(owner, ['bash', '-c', 'echo up; exec sleep 1000']));
    await harness.until(() => reading.output === 'up\n');
    harness.context.clearing.add(await harness.context.sandboxes.get(owner), true);
    expect(await reading.end).toEqual({ reason: 'SANDBOX_REMOVED' });
    await harness.cleared();
    await expect(open(owner, ['true'])).rejects.toMatchObject({ reason: 'SANDBOX_NOT_KEPT' });
  });

  it('opens on nothing that still runs, and on nothing that was not kept', async () => {
    const running = harness.attempt('t2', ['true'], { keepDuration: { seconds: '60', nanos: 0 } });
    await provision(harness.context, running, harness.signal);
    await expect(open(running, ['true'])).rejects.toMatchObject({ reason: 'SANDBOX_NOT_KEPT' });
    await release(harness.context, running);
    const gone = await kept('t3', 0);
    await expect(open(gone, ['true'])).rejects.toMatchObject({ reason: 'SANDBOX_NOT_KEPT' });
  });
});
