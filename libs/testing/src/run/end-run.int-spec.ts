import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '@heddle/local/servers';
import { endKilledRun } from './end-run.js';

const isRoot = process.getuid?.() === 0;

describe('a run that was killed', () => {
  it('is ended: its processes, whatever tells of them, and its directory', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'heddle-killed-run-'));
    const command = ['-c', 'echo started; read'] as const;
    const inside = spawn('bash', command, { cwd: directory, stdio: ['pipe', 'pipe', 'ignore'] });
    const env = { ...process.env, SOMETHING: join(directory, 'data') };
    const told = spawn('bash', command, { env, stdio: ['pipe', 'pipe', 'ignore'] });
    const stranger = spawn('bash', command, { stdio: ['pipe', 'pipe', 'ignore'] });
    await Promise.all([inside, told, stranger].map(({ stdout }) => once(stdout, 'data')));
    const ended = Promise.all([once(inside, 'exit'), once(told, 'exit')]);
    await endKilledRun(directory);
    await ended;
    expect(existsSync(directory)).toBe(false);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    stranger.stdin.end();
    await once(stranger, 'exit');
  });

  (isRoot ? it : it.skip)('is removed although things are mounted in it [skipped: mounts need root]', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'heddle-killed-run-'));
    const elsewhere = mkdtempSync(join(tmpdir(), 'heddle-elsewhere-'));
    writeFileSync(join(elsewhere, 'file'), 'kept');
    const deep = join(directory, 'a', 'b', 'c', 'merged');
    mkdirSync(deep, { recursive: true });
    expect((await runCommand('mount', ['--bind', elsewhere, deep])).code).toBe(0);
    await endKilledRun(directory);
    expect(existsSync(directory)).toBe(false);
    expect(readFileSync(join(elsewhere, 'file'), 'utf8')).toBe('kept');
    await endKilledRun(elsewhere);
  });
});
