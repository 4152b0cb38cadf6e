import { describe, expect, it } from '@jest/globals';
import { gitEnvironment } from './environment.js';
import { GitError } from './git-error.js';
import { runGit } from './run-git.js';
import { startGit } from './start-git.js';
import { mkdtemp, rm, writeFile, access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

describe('runGit', () => {
  it('fails with what git said, with its exit code', async () => {
    await expect(runGit(['rev-parse', 'HEAD'], { cwd: '/', ceiling: '/' })).rejects.toMatchObject({
      name: 'GitError',
      kind: 'exit',
      exitCode: 128,
      stderr: expect.stringContaining('not a git repository'),
    });
  });

  it('ends a process that prints more than allowed', async () => {
    await expect(runGit(['help', '-a'], { maxOutputBytes: 10 })).rejects.toMatchObject({ kind: 'output-limit' });
  });

  it('ends a process at its time limit and on abort', async () => {
    const waiting = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('x');
      await new Promise(() => undefined);
    };
    await expect(runGit(['hash-object', '--stdin'], { input: waiting(), timeoutMs: 50 })).rejects.toMatchObject({
      kind: 'timeout',
    });
    await expect(
      runGit(['hash-object', '--stdin'], { input: waiting(), signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ kind: 'aborted' });
  });

  it('keeps what an ended process printed for a reader that comes later', async () => {
    const git = startGit(['hash-object', '--stdin'], {});
    git.stdin.end('');
    await git.done;
    const chunks: Buffer[] = [];
    for await (const chunk of git.stdout as AsyncIterable<Buffer>) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\n');
  });

  it('never takes a broken input for a short one', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(Buffer.from('half'));
      throw new Error('cut');
    };
    await expect(runGit(['hash-object', '--stdin'], { input: broken() })).rejects.toThrow('cut');
  });

  it('does not start what a repository configures', async () => {
    const root = await mkdtemp(join(tmpdir(), 'heddle-evil-'));
    try {
      const marker = join(root, 'marker');
      await runGit(['init', '-q', root], {});
      const command = `touch ${marker}; true`;
      await writeFile(
        join(root, '.git', 'config'),
        `[core]\n\tfsmonitor = ${command}\n\tsshCommand = ${command}\n[alias]\n\tx = !${command}\n[diff]\n\texternal = ${command}\n`,
      );
      await runGit(['status'], { cwd: root, ceiling: tmpdir() });
      await runGit(['ls-remote', 'ssh://example.invalid/x'], { cwd: root, ceiling: tmpdir() }).catch(
        (error: unknown) => {
          expect(GitError.is(error)).toBe(true);
        },
      );
      await expect(access(marker)).rejects.toThrow();
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });

  it('gives git nothing of the environment that the service has', () => {
    process.env['HEDDLE_GIT_SPEC_SECRET'] = 'secret';
    try {
      expect(JSON.stringify(gitEnvironment({ network: true }))).not.toContain('secret');
    } finally {
      delete process.env['HEDDLE_GIT_SPEC_SECRET'];
    }
  });
});
