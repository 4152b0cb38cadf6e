import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CaptureResult, SandboxOwnerRef, TurnResult } from '@heddle/contracts/workflows';
import { SandboxError } from '@heddle/sandbox';
import { useTemporaryDirectories } from '@heddle/testing';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { capture } from './capture.phase.js';
import { provision } from './provision.phase.js';
import { release } from './release.phase.js';
import { runChecks } from './run-checks.phase.js';
import { runTurn } from './run-turn.phase.js';
import { stop } from './stop.phase.js';

let harness: RunnerHarness;

beforeAll(async () => {
  harness = await RunnerHarness.start(await temporary('hostile'), 'mkdir dir; echo a > dir/a; echo b > b; echo c > c');
});

afterAll(async () => {
  expect(await harness.stop()).toEqual([]);
});

const temporary = useTemporaryDirectories();

async function turnOf(owner: SandboxOwnerRef): Promise<TurnResult> {
  await provision(harness.context, owner, harness.signal);
  return runTurn(harness.context, owner, 1, harness.signal);
}

async function captured(owner: SandboxOwnerRef): Promise<CaptureResult> {
  return capture(harness.context, { owner, turn: 1, partial: false }, harness.signal);
}

/** On a busy host a box may not stand still for long enough to be read: then nothing is stored, which is as it should be. */
function refusedInTime(error: unknown): 'NOT_FROZEN' {
  const isLate = SandboxError.is(error) ? error.reason === 'SANDBOX_NOT_FROZEN' : nameOf(error) === 'TimeoutError';
  if (!isLate) throw error;
  return 'NOT_FROZEN';
}

/** Not by its class, which is another realm's. */
function nameOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'name' in error ? error.name : undefined;
}

function bash(id: string, script: string): SandboxOwnerRef {
  return harness.attempt(id, ['bash', '-c', script]);
}

describe('what an agent may do to the platform', () => {
  it('a stop ends one that ignores SIGTERM, and keeps what it made', async () => {
    const owner = bash('stubborn', 'echo made > made; trap "" TERM; echo ready; while :; do sleep 0.1; done');
    const { context, signal } = harness;
    await provision(context, owner, signal);
    const running = runTurn(context, owner, 1, signal);
    await harness.until(() => harness.publisher.texts('stubborn').includes('ready'));
    const keeper = context.supervisor.call('stop', {
      sandbox: 'attempt-stubborn-1',
      reason: 'CANCELLED',
      graceMs: 200,
    });
    expect(await running).toMatchObject({ outcome: 'STOPPED', stopReason: 'CANCELLED' });
    expect(await keeper).toEqual({ stopped: true });
    const { commit } = await captured(owner);
    expect(await harness.store.read(commit, 'made')).toBe('made\n');
    // Repeats are answered, and nothing starts in a stopped sandbox.
    expect(await stop(context, owner, 'CANCELLED', signal)).toEqual({ stopped: false });
    expect(await runTurn(context, owner, 1, signal)).toMatchObject({ outcome: 'STOPPED' });
    await release(context, owner);
  });

  it('a stop lets one that heeds SIGTERM end by itself', async () => {
    const owner = bash(
      'polite',
      'trap "echo bye; echo last > last; exit 0" TERM; echo ready; while :; do sleep 0.05; done',
    );
    const { context, signal } = harness;
    await provision(context, owner, signal);
    const running = runTurn(context, owner, 1, signal);
    await harness.until(() => harness.publisher.texts('polite').includes('ready'));
    await stop(context, owner, 'TIME_LIMIT', signal);
    expect(await running).toMatchObject({ outcome: 'STOPPED', stopReason: 'TIME_LIMIT', exitCode: 0 });
    expect(await harness.store.read((await captured(owner)).commit, 'last')).toBe('last\n');
    await harness.until(() => harness.publisher.texts('polite').includes('bye'));
    await release(context, owner);
  });

  it('a stop that comes before the turn keeps the agent from ever running', async () => {
    const owner = bash('early', 'echo ran > ran');
    const { context, signal } = harness;
    await provision(context, owner, signal);
    await stop(context, owner, 'CANCELLED', signal);
    expect(await runTurn(context, owner, 1, signal)).toMatchObject({ outcome: 'STOPPED', stopReason: 'CANCELLED' });
    expect(await captured(owner)).toMatchObject({ empty: true });
    await release(context, owner);
  });

  it('daemons that it leaves behind die with its turn', async () => {
    const owner = bash(
      'daemon',
      '(trap "" TERM HUP; setsid bash -c "trap \\"\\" TERM; while :; do echo x >> late; sleep 0.05; done" >/dev/null 2>&1 &) ; echo gone; exit 0',
    );
    expect(await turnOf(owner)).toMatchObject({ outcome: 'EXITED', exitCode: 0 });
    const first = await captured(owner);
    // The tree does not move any more.
    const again = await harness.context.checkpoints.walk(
      await harness.context.sandboxes.get(owner),
      (await harness.context.sandboxes.get(owner)).box('agent', []),
    );
    expect(again.changes.length).toBeLessThanOrEqual(1);
    expect(first.commit).toMatch(/^[0-9a-f]{40}$/);
    await release(harness.context, owner);
  });

  it('1 GiB of output is cut at the limit and blocks nobody', async () => {
    const limits = { outputBytes: String(1024 * 1024) };
    const owner = harness.attempt(
      'loud',
      ['bash', '-c', 'head -c 1073741824 /dev/zero | tr "\\0" "x"; echo; echo end >&2'],
      { limits },
    );
    expect(await turnOf(owner)).toMatchObject({ outcome: 'EXITED', exitCode: 0, outputTruncated: true });
    const spool = join(harness.runner, 'sandboxes', 'attempt-loud-1', 'spool', 'turn-1.out');
    expect((await stat(spool)).size).toBe(1024 * 1024);
    await release(harness.context, owner);
    await harness.until(() => harness.publisher.hasEnded('loud'));
    expect(harness.publisher.texts('loud').at(-1)).toContain('the output was cut');
    expect(harness.publisher.texts('loud')).toContain('end');
  });

  it('names that are not UTF-8, and with line breaks, are kept byte by byte', async () => {
    const owner = bash(
      'names',
      `printf x > $'caf\\xe9'; printf y > $'line\\nbreak'; mkdir $'d\\xff'; printf z > $'d\\xff/tab\\there'; printf '\\377\\n'`,
    );
    await turnOf(owner);
    const { commit } = await captured(owner);
    expect(await harness.store.list(commit)).toEqual(
      ['b', 'c', 'caf\xe9', 'dir/a', 'd\xff/tab\there', 'line\nbreak']
        .map((name) => `100644 ${name}`)
        .sort((a, b) => Buffer.compare(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'))),
    );
    await release(harness.context, owner);
    await harness.until(() => harness.publisher.hasEnded('names'));
    expect(harness.publisher.lines('names').map((line) => line.raw)).toEqual([Buffer.from([0xff])]);
  });

  it('a file of 200 MB is stored', async () => {
    const owner = bash('large', 'head -c 209715200 /dev/urandom > large.bin; sha1sum < large.bin > sum');
    await turnOf(owner);
    const { commit } = await captured(owner);
    expect(await harness.store.list(commit)).toContain('100644 large.bin');
    await release(harness.context, owner);
    // It is compressed, compared and checked several times: on a busy host this takes minutes.
  }, 600_000);

  it('a file that is moved about without a pause is in every checkpoint, once', async () => {
    const { context, signal } = harness;
    const owner = bash(
      'mover',
      `echo up; perl -e 'until (-e "enough") { rename "dir/a", "a"; rename "a", "other/a"; rename "dir", "x"; rename "other/a", "x/a"; rename "x", "dir" }' & mkdir other; wait`,
    );
    await provision(context, owner, signal);
    const running = runTurn(context, owner, 1, signal);
    await harness.until(() => harness.publisher.texts('mover').includes('up'));
    const sandbox = await context.sandboxes.get(owner);
    const [box] = [...(await sandbox.state()).boxes.values()];
    if (box === undefined) throw new Error('there is no box');
    const request = { box, turn: 1, final: false, partial: true, signal };
    for (let taken = 0, at = 1; taken < 15; at++) {
      const checkpoint = await context.checkpoints.takeFrozen(sandbox, { ...request, at }).catch(refusedInTime);
      if (checkpoint === 'NOT_FROZEN') continue;
      taken++;
      const files = await harness.store.list(checkpoint?.empty === false ? checkpoint.commit : harness.baseCommit);
      expect(files.filter((file) => file.endsWith('a'))).toHaveLength(1);
    }
    await writeFile(join(sandbox.directory.path, 'agent', 'merged', 'enough'), '');
    await running;
    await release(context, owner);
  });

  it('links out of the tree are stored as links, with a notice, and nothing is read through them', async () => {
    const owner = bash(
      'links',
      'ln -s /etc/passwd passwd; ln -s ../../../../../etc escape; rm -r dir; ln -s /usr dir; ln -s b inside',
    );
    await turnOf(owner);
    const { commit } = await captured(owner);
    expect(await harness.store.list(commit)).toEqual([
      '100644 b',
      '100644 c',
      '120000 dir',
      '120000 escape',
      '120000 inside',
      '120000 passwd',
    ]);
    const notices = harness.store.stored.at(-1)?.notices.map(({ reason, path }) => `${reason} ${path}`);
    expect(notices).toEqual(['SYMLINK_LEAVES_TREE dir', 'SYMLINK_LEAVES_TREE escape', 'SYMLINK_LEAVES_TREE passwd']);
    const spec = harness.specs.get('links');
    if (spec === undefined) throw new Error('no spec');
    spec.checks.push(harness.check('sees', 'test -L dir && test "$(readlink dir)" = /usr && test ! -e dir/a'));
    await release(harness.context, owner);
  });

  it('without its .git the tree is captured all the same', async () => {
    const owner = bash('nogit', 'rm -rf .git; echo new > new; git init -q .; git init -q sub; echo s > sub/s');
    await turnOf(owner);
    const { commit } = await captured(owner);
    expect(await harness.store.list(commit)).toEqual([
      '100644 b',
      '100644 c',
      '100644 dir/a',
      '100644 new',
      '100644 sub/s',
    ]);
    expect(harness.store.stored.at(-1)?.notices).toMatchObject([{ reason: 'NESTED_REPOSITORY', path: 'sub' }]);
    await release(harness.context, owner);
  });

  it('git configuration, hooks, filters and odd files of the agent run nothing and hang nobody', async () => {
    const owner = bash(
      'traps',
      `git config core.fsmonitor 'touch /workspace/pwned'; printf '#!/bin/sh\\ntouch /workspace/pwned\\n' > .git/hooks/post-checkout; chmod +x .git/hooks/post-checkout
       git config filter.x.clean 'touch /workspace/pwned; cat'; echo '* filter=x' > .gitattributes; mkfifo pipe; mkdir -p d1 d2; mkfifo d1/.gitignore; truncate -s 40G d2/.gitignore
       mkfifo d1/.gitattributes; echo 1 > d1/file; echo 2 > d2/file; mkdir .GIT; echo 3 > .GIT/config; ln -s b .gitmodules; chmod 000 c; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")' || true`,
    );
    expect(await turnOf(owner)).toMatchObject({ exitCode: 0 });
    const { commit } = await captured(owner);
    expect(await harness.store.list(commit)).toEqual([
      '100644 .gitattributes',
      '100644 b',
      '100644 c',
      '100644 d1/file',
      '100644 d2/file',
      '100644 dir/a',
    ]);
    const reasons = harness.store.stored.at(-1)?.notices.map(({ reason, path }) => `${reason} ${path}`);
    expect(reasons).toEqual(
      expect.arrayContaining([
        'UNSTORABLE .GIT/config',
        'UNSTORABLE .gitmodules',
        'SPECIAL_FILE_SKIPPED pipe',
        'SPECIAL_FILE_SKIPPED d1/.gitignore',
        'IGNORE_FILE_UNREADABLE d2/.gitignore',
        'FILE_TOO_LARGE d2/.gitignore',
      ]),
    );
    await release(harness.context, owner);
  });

  it('what it does to ignored files, its home or its index does not reach the checks', async () => {
    const owner = harness.attempt(
      'cheat',
      [
        'bash',
        '-c',
        'printf "bin/\\n" > .gitignore; mkdir bin; printf "#!/bin/sh\\nexit 0\\n" > bin/t; chmod +x bin/t; cp bin/t $HOME/t; git add -A -f; git commit -qm x',
      ],
      {
        checks: [
          harness.check('honest', 'test ! -e bin/t && test ! -e $HOME/t && test "$(git log --oneline | wc -l)" = 1'),
        ],
      },
    );
    await turnOf(owner);
    const { commit } = await captured(owner);
    const { checks } = await runChecks(harness.context, { owner, turn: 1, commit }, harness.signal);
    expect(checks).toMatchObject([{ state: 'PASSED' }]);
    await release(harness.context, owner);
  });

  it('a check that never ends is TIMED_OUT, one that is not there is said to be so', async () => {
    const owner = harness.attempt('endless', ['true'], {
      checks: [
        harness.check('endless', 'trap "" TERM; sleep 1000 & sleep 1000', 1),
        { ...harness.check('absent', ''), command: ['no-such-check'] },
      ],
    });
    await turnOf(owner);
    const { commit } = await captured(owner);
    const { checks } = await runChecks(harness.context, { owner, turn: 1, commit }, harness.signal);
    expect(checks).toMatchObject([
      { state: 'TIMED_OUT' },
      { state: 'FAILED', statusDetail: 'CHECK_COMMAND_NOT_RUNNABLE', exitCode: 127 },
    ]);
    await release(harness.context, owner);
  });

  it('a check that prints more than is kept says so', async () => {
    const limits = { outputBytes: '4096' };
    const checks = [harness.check('loud', 'head -c 10000 /dev/zero | tr "\\0" "x"')];
    const owner = harness.attempt('loudcheck', ['true'], { limits, checks });
    await turnOf(owner);
    const { commit } = await captured(owner);
    await runChecks(harness.context, { owner, turn: 1, commit }, harness.signal);
    await release(harness.context, owner);
    await harness.until(() => harness.publisher.hasEnded('loudcheck'));
    expect(harness.publisher.texts('loudcheck').at(-1)).toContain('the output was cut: it is longer than 4096 bytes');
  });

  it('a fork bomb ends at the limit of processes', async () => {
    const limits = { processes: 64 };
    const owner = harness.attempt('bomb', ['sh', '-c', 'for i in $(seq 200); do sleep 100 & done; echo over'], {
      limits,
    });
    await turnOf(owner);
    const errors = join(harness.runner, 'sandboxes', 'attempt-bomb-1', 'spool', 'turn-1.err');
    expect(await readFile(errors, 'utf8')).toContain('fork');
    await release(harness.context, owner);
  });
});
