import { execFile, spawn } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { useTemporaryDirectories } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConfinedOutcome, ConfinedProgram } from './confined-program.js';
import { ConfinedPrograms } from './confined-programs.js';

const temporary = useTemporaryDirectories();
const exec = promisify(execFile);
const MIB = 1024 * 1024;
const LIMITS = { wallMs: 20_000, memoryBytes: 512 * MIB, outputBytes: MIB };

describe('a program of the operator over what agents wrote', () => {
  let directory: string;
  let programs: ConfinedPrograms;
  let scripts = 0;
  const isRoot = process.getuid?.() === 0;
  beforeAll(async () => {
    directory = await temporary('confined');
    await chmod(directory, 0o755);
    programs = new ConfinedPrograms(join(directory, 'data'));
    process.env['HEDDLE_CONFINED_SECRET'] = 'a-secret-of-the-platform';
  });
  afterAll(() => {
    delete process.env['HEDDLE_CONFINED_SECRET'];
  });

  async function program(body: string, shell = '/bin/bash'): Promise<string> {
    const path = join(directory, `program-${String(++scripts)}`);
    await writeFile(path, `#!${shell}\n${body}\n`, { mode: 0o755 });
    return path;
  }

  async function run(body: string, more: Partial<ConfinedProgram> = {}): Promise<ConfinedOutcome & { text: string }> {
    const files = { ours: Buffer.from('ours\n'), theirs: Buffer.from('theirs\n') };
    const outcome = await programs.run({
      program: await program(body),
      args: ['ours', 'theirs', 'a "name" $HOME'],
      files,
      result: 'ours',
      limits: LIMITS,
      ...more,
    });
    return { ...outcome, text: outcome.kind === 'DONE' ? outcome.output.toString() : '' };
  }

  /** The host's uids of its processes that have this word among their arguments. */
  async function processesWith(word: string): Promise<number[]> {
    const read = (pid: string, name: string): Promise<string> =>
      readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
    const uids: number[] = [];
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)))
      if ((await read(pid, 'cmdline')).includes(word))
        uids.push(Number(/^Uid:\t(\d+)/m.exec(await read(pid, 'status'))?.[1]));
    return uids;
  }

  it('gets its arguments and files as they are, and hands back the one that is its result', async () => {
    expect(await run('echo noise; printf "%s|" "$@" > n; cat ours theirs n > all; cat all > "$1"')).toMatchObject({
      kind: 'DONE',
      text: 'ours\ntheirs\nours|theirs|a "name" $HOME|',
    });
    expect((await run('echo said; echo not >&2', { result: undefined })).text).toBe('said\n');
    expect((await run('echo -n > ours')).text).toBe('');
    expect(await readdir(join(directory, 'data'))).toEqual(['toolchain']);
  });

  it('runs programs of the host where they are, and Node', async () => {
    const limits = { ...LIMITS, memoryBytes: 1024 * MIB };
    const written = await program("require('node:fs').writeFileSync(process.argv[2], 'by node')", '/usr/bin/env node');
    expect((await run('', { program: written, limits })).text).toBe('by node');
    expect((await run('', { program: '/usr/bin/wc', args: ['-c', 'theirs'], result: undefined })).text).toBe(
      '7 theirs\n',
    );
  });

  it('has nothing of the platform: no environment, no file, no process, no network, no right', async () => {
    const secret = join(directory, 'secret');
    await writeFile(secret, 'of the host', { mode: 0o644 });
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const body = [
      'exec > ours 2>&1',
      'env | sort; tr "\\0" "\\n" < /proc/1/environ | grep SECRET',
      `cat ${secret} /etc/shadow; ls ${directory} /root /var/lib /home/agent`,
      'ls -d /proc/[0-9]* | wc -l; grep CapEff /proc/self/status',
      `timeout 2 bash -c 'echo > /dev/tcp/127.0.0.1/${String(port)}' && echo connected`,
      `for place in /usr /opt/heddle/files ${isRoot ? '/workspace /home/agent' : ''}; do touch $place/x && echo written; done`,
      ':',
    ].join('\n');
    const { text } = await run(body);
    server.close();
    expect(text).not.toMatch(/SECRET|a-secret|of the host|^root:|connected|written|toolchain/m);
    const names = text.split('\n').flatMap((line) => /^([A-Z_]+)=/.exec(line)?.[1] ?? []);
    expect(names.sort()).toEqual(
      ['HOME', 'LANG', 'LOGNAME', 'OLDPWD', 'PATH', 'PWD', 'SHELL', 'SHLVL', 'TMPDIR', 'USER', '_'].sort(),
    );
    expect(text).toContain('HOME=/tmp/files\n');
    expect(text).toMatch(/CapEff:\t0+\n/);
  });

  // Only a user that runs nothing else can have its processes counted.
  const MANY = `const { spawn } = require("node:child_process");
    const made = Array.from({ length: 200 }, () => spawn("sleep", ["1000"]).on("error", () => undefined));
    process.exit(made.some(({ pid }) => pid === undefined) ? 9 : 0)`;

  it.each<[string, string, Partial<ConfinedProgram>, string]>([
    ...(isRoot
      ? [
          ['starts 200 processes', `${process.execPath} -e '${MANY}'`, {}, 'it exited with 9'] as [
            string,
            string,
            object,
            string,
          ],
        ]
      : []),
    ['exits with another code', 'echo x > ours; exit 3', {}, 'it exited with 3'],
    ['crashes', 'kill -SEGV $$', {}, 'it was ended by a signal'],
    ['takes its result away', 'rm ours', {}, 'it exited with 1'],
    ['never ends', 'sleep 1000', { limits: { ...LIMITS, wallMs: 500 } }, 'it took longer than 0.5 s'],
    [
      'has a result without end',
      'rm ours; mkfifo ours',
      { limits: { ...LIMITS, wallMs: 500 } },
      'it took longer than 0.5 s',
    ],
    ['links its result to an endless one', 'ln -sf /dev/zero ours', {}, 'it wrote more than 1048576 bytes'],
    ['writes a large file', 'head -c 2000000 /dev/zero > ours', {}, 'it was ended by a signal'],
    ['prints without end', 'yes', { result: undefined }, 'it wrote more than 1048576 bytes'],
    [
      'needs more memory than it may',
      `${process.execPath} -e 'Buffer.alloc(800e6, 1)' || exit 7`,
      {},
      'it exited with 7',
    ],
    [
      'fills the disk',
      'for n in $(seq 200); do head -c 1000000 /dev/zero > f$n || exit 8; done',
      {},
      'it exited with 8',
    ],
    ['burns its processor', 'while :; do :; done', { limits: { ...LIMITS, wallMs: 1_000 } }, 'it took longer than 1 s'],
  ])('fails where it %s', async (_, body, more, reason) => {
    const outcome = await run(body, more);
    // Of time and of processor the one or the other comes first.
    if (body.startsWith('while')) expect(outcome.kind).toBe('FAILED');
    else expect(outcome).toMatchObject({ kind: 'FAILED', reason });
  });

  it('leaves no process behind, whatever it starts', async () => {
    const word = `31${String(process.pid)}`;
    const stay = `for n in 1 2 3; do (setsid nohup sleep ${word} >/dev/null 2>&1 &) ; done`;
    expect(await run(`${stay}; echo done > ours`)).toMatchObject({ text: 'done\n' });
    expect(await run(`${stay}; sleep ${word}`, { limits: { ...LIMITS, wallMs: 1_000 } })).toMatchObject({
      kind: 'FAILED',
    });
    expect(await processesWith(word)).toEqual([]);
    const bomb = `b() { b | b & }; b; sleep ${word}`;
    expect(await run(bomb, { limits: { ...LIMITS, wallMs: 1_000 } })).toMatchObject({ kind: 'FAILED' });
    expect(await processesWith(word)).toEqual([]);
  });

  it('dies with the platform', async () => {
    const word = `32${String(process.pid)}`;
    const path = await program(`setsid sleep ${word} & sleep ${word}`);
    const main = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
    const source = `const { ConfinedPrograms } = await import(${JSON.stringify(main)});
      await new ConfinedPrograms(${JSON.stringify(join(directory, 'data'))}).run(${JSON.stringify({ program: path, args: [], limits: LIMITS })});`;
    const platform = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: 'ignore' });
    try {
      while ((await processesWith(word)).length < 2) await delay(20);
      if (isRoot) expect(await processesWith(word)).not.toContain(0);
    } finally {
      platform.kill('SIGKILL');
    }
    // The test's own time limit ends it.
    while ((await processesWith(word)).length > 0) await delay(20);
    // What it was working on is of no use to anybody.
    const next = new ConfinedPrograms(join(directory, 'data'));
    expect((await next.run({ program: '/usr/bin/true', args: [], limits: LIMITS })).kind).toBe('DONE');
    expect(await readdir(join(directory, 'data'))).toEqual(['toolchain']);
  });

  it('says what is in the way of one that can not be run', async () => {
    const failed = async (path: string): Promise<string> => {
      const outcome = await run('', { program: path });
      return outcome.kind === 'FAILED' ? outcome.reason : 'it ran';
    };
    expect(await failed(join(directory, 'none'))).toBe(`${join(directory, 'none')} is not there`);
    expect(await failed(directory)).toMatch('is no program that others may run');
    const plain = join(directory, 'plain');
    await writeFile(plain, '#!/bin/sh\n', { mode: 0o644 });
    expect(await failed(plain)).toMatch('is no program that others may run');
    const odd = await program('', '/no/such/shell');
    expect(await failed(odd)).toBe('it could not be run');
    if (!isRoot) return;
    const hidden = join(directory, 'hidden');
    await mkdir(hidden, { mode: 0o700 });
    await exec('cp', [odd, hidden]);
    expect(await failed(join(hidden, odd.split('/').at(-1) ?? ''))).toMatch(`chmod o+x ${hidden}`);
    const unreachable = new ConfinedPrograms(join(hidden, 'data'));
    expect(await unreachable.run({ program: '/usr/bin/true', args: [], limits: LIMITS })).toMatchObject({
      kind: 'FAILED',
      reason: expect.stringContaining(hidden),
    });
  });
});
