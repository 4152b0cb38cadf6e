import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fetchRemote } from '../remotes/fetch.js';
import { withRemote, type PathRemote } from '../remotes/remote.js';
import type { PushOutcome } from '../remotes/push-report.js';
import { SampleRepository, type SampleFiles } from '../spec-support/sample-repository.js';
import { ensureBareStore } from '../store/git-directory.js';
import { branchTip, checkedOutAt } from './checked-out.js';
import { landInWorkTree } from './land-in-work-tree.js';

const exec = promisify(execFile);

describe('landing on a branch that is checked out', () => {
  let root: string;
  let work: string;
  let store: string;
  let base: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'heddle-worktree-'));
    await chmod(root, 0o755);
    work = join(root, 'work');
    store = join(root, 'store.git');
    await mkdir(join(work, 'dir'), { recursive: true });
    await git('init', '-q', '-b', 'trunk');
    await writeFile(join(work, 'a'), 'a\n');
    await writeFile(join(work, 'dir', 'b'), 'b\n');
    await writeFile(join(work, '.gitignore'), '.env\n');
    await git('add', '.');
    await git('commit', '-qm', 'one');
    base = await git('rev-parse', 'HEAD');
    await ensureBareStore(store, 'sha1');
    await open((remote) => fetchRemote(store, remote, { defaultBranch: 'trunk' }));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function git(...args: string[]): Promise<string> {
    return (
      await exec('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', '-c', 'safe.directory=*', ...args], { cwd: work })
    ).stdout.trim();
  }

  const open = <T>(run: (remote: PathRemote) => Promise<T>): Promise<T> =>
    withRemote(work, { privateHosts: [] }, (remote) => {
      if (remote.kind !== 'path') throw new Error('not a path');
      return run(remote);
    });

  async function land(files: SampleFiles, expectedOld = base): Promise<{ commit: string; outcome: PushOutcome }> {
    const commit = await SampleRepository.at(store).commit([base], files);
    const outcome = await open(async (remote) => {
      expect(await checkedOutAt(remote, 'trunk')).toBe(work);
      return landInWorkTree(remote, work, { store, branch: 'trunk', commit, expectedOld, landingId: '0192' });
    });
    return { commit, outcome };
  }

  async function untouched(): Promise<void> {
    expect(await open((remote) => branchTip(remote, 'trunk'))).toBe(base);
    expect(await git('for-each-ref', 'refs/heddle')).toBe('');
  }

  it('moves the branch and the work tree together, and a repeat finds it done', async () => {
    const files: SampleFiles = [
      ['a', 'A\n'],
      ['dir', null],
      ['dir', 'now a file\n'],
      ['new/x', 'x\n'],
    ];
    const { commit, outcome } = await land(files);
    expect(outcome).toEqual({ kind: 'PUSHED' });
    expect(await git('rev-parse', 'HEAD')).toBe(commit);
    expect(await git('status', '--porcelain')).toBe('');
    expect(await readFile(join(work, 'dir'), 'utf8')).toBe('now a file\n');
    expect((await land(files)).outcome).toEqual({ kind: 'UP_TO_DATE' });
    expect(await git('for-each-ref', 'refs/heddle')).toBe('');
  });

  it('touches nothing when a tracked file is edited', async () => {
    await writeFile(join(work, 'dir', 'b'), 'mine\n');
    const { outcome } = await land([['a', 'A\n']]);
    expect(outcome).toMatchObject({ kind: 'REJECTED', reason: 'TARGET_CHECKED_OUT' });
    expect(await readFile(join(work, 'a'), 'utf8')).toBe('a\n');
    await untouched();
  });

  it.each([
    ['an ignored file', '.env', '.env'],
    ['an untracked file', 'notes', 'notes'],
    ['an untracked file where a directory comes', 'notes', 'notes/inside'],
    ['an untracked file in a directory that becomes a file', 'dir/mine', 'dir'],
  ])('touches nothing when %s is in the way', async (_, present, added) => {
    await writeFile(join(work, present), 'precious\n');
    const files: SampleFiles =
      added === 'dir'
        ? [
            ['dir', null],
            ['dir', 'file\n'],
          ]
        : [[added, 'theirs\n']];
    const { outcome } = await land([...files, ['a', 'A\n']]);
    expect(outcome).toMatchObject({ kind: 'REJECTED', reason: 'TARGET_WOULD_OVERWRITE' });
    expect(await readFile(join(work, present), 'utf8')).toBe('precious\n');
    expect(await readFile(join(work, 'a'), 'utf8')).toBe('a\n');
    await untouched();
  });

  it('gives way to somebody who moved the branch', async () => {
    await git('commit', '-q', '--allow-empty', '-m', 'meanwhile');
    expect((await land([['a', 'A\n']])).outcome).toEqual({ kind: 'STALE' });
  });

  it('brings the work tree along when only the branch had moved before a crash', async () => {
    const commit = await SampleRepository.at(store).commit(
      [base],
      [
        ['a', 'A\n'],
        ['new', 'n\n'],
      ],
    );
    await git('fetch', '-q', store, commit);
    await git('update-ref', 'refs/heads/trunk', commit, base);
    const outcome = await open((remote) =>
      landInWorkTree(remote, work, { store, branch: 'trunk', commit, expectedOld: base, landingId: '0192' }),
    );
    expect(outcome).toEqual({ kind: 'UP_TO_DATE' });
    expect(await git('status', '--porcelain')).toBe('');
    expect(await readFile(join(work, 'new'), 'utf8')).toBe('n\n');
  });

  it('asks for a repeat while somebody holds the index, and then completes it', async () => {
    const lock = join(work, '.git', 'index.lock');
    const files: SampleFiles = [['a', 'A\n']];
    await writeFile(lock, '');
    expect((await land(files)).outcome).toMatchObject({ kind: 'FAILED', reason: 'TARGET_CHECKED_OUT' });
    await untouched();
    const commit = await SampleRepository.at(store).commit([base], files);
    await git('fetch', '-q', store, commit);
    await git('update-ref', 'refs/heads/trunk', commit, base);
    expect((await land(files)).outcome).toMatchObject({ kind: 'FAILED', text: expect.stringContaining('index.lock') });
    await rm(lock);
    expect((await land(files)).outcome).toEqual({ kind: 'UP_TO_DATE' });
    expect(await git('status', '--porcelain')).toBe('');
  });

  it('is not held up by what a crash left of another merge of the same landing', async () => {
    const before = await SampleRepository.at(store).commit([base], [['a', 'before\n']]);
    await git('fetch', '-q', store, `${before}:refs/heddle/landings/0192`);
    await git('fetch', '-q', store, `${before}:refs/heddle/landings/${before}`);
    expect((await land([['a', 'A\n']])).outcome).toEqual({ kind: 'PUSHED' });
  });
});
