import { execFile } from 'node:child_process';
import { access, chmod, chown, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { resolveRevision } from '../refs/resolve-revision.js';
import { SampleRepository } from '../spec-support/sample-repository.js';
import { ensureBareStore } from '../store/git-directory.js';
import { fetchBranch, fetchRemote } from './fetch.js';
import { push } from './push.js';
import { parseRemoteAddress } from './remote-address.js';
import { readRemoteBranch, readRemoteHead, readRemoteRefs } from './remote-refs.js';
import { withRemote, type Remote } from './remote.js';

const exec = promisify(execFile);
const ANY = { privateHosts: [] };
const ZERO = '0'.repeat(40);

describe('remotes that are paths', () => {
  let root: string;
  let store: string;
  let remotePath: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'heddle-remotes-'));
    await chmod(root, 0o755);
    store = join(root, 'store.git');
    remotePath = join(root, 'origin');
    await ensureBareStore(store, 'sha1');
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function git(cwd: string, ...args: string[]): Promise<string> {
    const identity = [
      '-c',
      'user.name=t',
      '-c',
      'user.email=t@t',
      '-c',
      'init.defaultBranch=trunk',
      '-c',
      'safe.directory=*',
    ];
    return (await exec('git', [...identity, ...args], { cwd })).stdout.trim();
  }

  async function makeRemote(options: { bare?: boolean; empty?: boolean } = {}): Promise<string> {
    const work = options.bare === true ? join(root, 'work') : remotePath;
    await mkdir(work);
    await git(work, 'init', '-q');
    if (options.empty !== true) {
      await writeFile(join(work, 'a'), 'a\n');
      await git(work, 'add', '.');
      await git(work, 'commit', '-qm', 'one');
      await git(work, 'tag', '-am', 'first', 'v1');
    }
    if (options.bare === true) await git(root, 'clone', '-q', '--bare', work, remotePath);
    return options.empty === true ? '' : git(work, 'rev-parse', 'HEAD');
  }

  const open = <T>(work: (remote: Remote) => Promise<T>): Promise<T> => withRemote(remotePath, ANY, work);
  const sync = (): Promise<string> =>
    open(async (remote) => {
      const { branch: defaultBranch } = await readRemoteHead(remote);
      await fetchRemote(store, remote, { defaultBranch });
      return defaultBranch;
    });

  it('reads the default branch and brings branches and tags, which words then name', async () => {
    const commit = await makeRemote();
    expect(await sync()).toBe('trunk');
    for (const word of ['trunk', 'refs/heads/trunk', 'v1', 'refs/tags/v1', commit, commit.slice(0, 8)]) {
      expect(await resolveRevision(store, word)).toBe(commit);
    }
    expect(
      await open((remote) => readRemoteRefs(remote, ['refs/heads/trunk', 'refs/tags/v1', 'refs/heads/v1'])),
    ).toEqual(
      new Map([
        ['refs/heads/trunk', commit],
        ['refs/tags/v1', commit],
      ]),
    );
    for (const word of ['nope', 'trunk~0', ':/one', 'HEAD', '--all', 'trunk\n', '', '@{1}']) {
      await expect(resolveRevision(store, word)).rejects.toMatchObject({ reason: 'REF_NOT_FOUND' });
    }
  });

  it('follows a rewritten history without losing what was frozen, and forgets deleted branches', async () => {
    const commit = await makeRemote();
    await git(remotePath, 'branch', 'side');
    await sync();
    await git(remotePath, 'commit', '-q', '--amend', '-m', 'rewritten');
    await git(remotePath, 'branch', '-D', 'side');
    await sync();
    expect(await resolveRevision(store, 'trunk')).not.toBe(commit);
    expect(await resolveRevision(store, commit)).toBe(commit);
    await expect(resolveRevision(store, 'side')).rejects.toMatchObject({ reason: 'REF_NOT_FOUND' });
  });

  it('brings a branch whose name was in the way of one that is gone', async () => {
    const commit = await makeRemote();
    await git(remotePath, 'branch', 'release');
    await sync();
    await git(remotePath, 'branch', '-D', 'release');
    await git(remotePath, 'branch', 'release/1');
    expect(await open((remote) => fetchBranch(store, remote, 'release/1'))).toBe(commit);
  });

  it('says what is wrong with a source: nothing there, no repository, a part of one, empty, shallow, partial', async () => {
    await expect(sync()).rejects.toMatchObject({ reason: 'REPOSITORY_UNREACHABLE' });
    await mkdir(remotePath);
    await expect(sync()).rejects.toMatchObject({ reason: 'REPOSITORY_NOT_A_REPOSITORY' });
    await rm(remotePath, { recursive: true });
    await writeFile(remotePath, 'a file');
    await expect(sync()).rejects.toMatchObject({ reason: 'REPOSITORY_NOT_A_REPOSITORY' });
    await rm(remotePath);
    await makeRemote({ empty: true });
    await expect(sync()).rejects.toMatchObject({ reason: 'REPOSITORY_EMPTY' });
    await mkdir(join(remotePath, 'inside'));
    await expect(withRemote(join(remotePath, 'inside'), ANY, readRemoteHead)).rejects.toMatchObject({
      reason: 'REPOSITORY_NOT_A_REPOSITORY',
    });
    await rm(remotePath, { recursive: true });
    await makeRemote({ bare: true });
    await git(join(root, 'work'), 'commit', '-q', '--allow-empty', '-m', 'two');
    await rm(remotePath, { recursive: true });
    await git(root, 'clone', '-q', '--bare', '--depth=1', `file://${join(root, 'work')}`, remotePath);
    await expect(sync()).rejects.toMatchObject({ reason: 'REPOSITORY_SHALLOW' });
    await rm(remotePath, { recursive: true });
    await git(join(root, 'work'), 'config', 'uploadpack.allowFilter', 'true');
    await git(root, 'clone', '-q', '--bare', '--filter=blob:none', `file://${join(root, 'work')}`, remotePath);
    await expect(sync()).rejects.toMatchObject({ reason: 'REPOSITORY_PARTIAL' });
  });

  it('stays below the roots, through symlinks too', async () => {
    await makeRemote();
    const inside = join(root, 'inside');
    await mkdir(inside);
    await symlink(remotePath, join(inside, 'link'));
    const policy = { roots: [inside], privateHosts: [] };
    await expect(withRemote(join(inside, 'link'), policy, readRemoteHead)).rejects.toMatchObject({
      reason: 'REPOSITORY_NOT_ALLOWED',
    });
    await expect(withRemote(remotePath, { roots: [root], privateHosts: [] }, readRemoteHead)).resolves.toEqual({
      branch: 'trunk',
      format: 'sha1',
    });
  });

  it('refuses hosts with private addresses unless they are listed', async () => {
    for (const url of [
      'https://127.0.0.1/x.git',
      'https://[::1]/x.git',
      'https://169.254.169.254/x',
      'ssh://git@10.0.0.1/x',
      'http://localhost/x',
    ]) {
      await expect(withRemote(url, ANY, readRemoteHead)).rejects.toMatchObject({ reason: 'REPOSITORY_NOT_ALLOWED' });
    }
    await expect(
      withRemote('https://127.0.0.1:9/x.git', { privateHosts: ['127.0.0.1'] }, readRemoteHead),
    ).rejects.toMatchObject({ reason: 'REPOSITORY_UNREACHABLE' });
    for (const url of [
      'ext::sh -c id',
      'https://user:secret@example.com/x',
      'ssh://-oProxyCommand=id/x',
      'relative/path',
      'git@-host:x',
      'file:///100%',
      'file:///a%0ab',
      'file://[',
      '',
    ]) {
      await expect(withRemote(url, ANY, readRemoteHead)).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
    }
  });

  it('contacts the host that was checked, however the address was written', () => {
    expect(parseRemoteAddress('https://Example.com\\\\@evil.example/x')).toMatchObject({
      host: 'example.com',
      url: 'https://example.com//@evil.example/x',
    });
    expect(parseRemoteAddress('file:///a%20b')).toEqual({ kind: 'path', path: '/a b' });
  });

  describe('pushing', () => {
    const child = (parent: string, text: string): Promise<string> =>
      SampleRepository.at(store).commit([parent], [['a', `${text}\n`]]);

    it('moves a branch by lease only, and knows a repeat, a lost race and a new branch', async () => {
      const one = await makeRemote({ bare: true });
      await sync();
      const two = await child(one, 'two');
      const three = await child(one, 'three');
      const to = (commit: string, expectedOld: string, ref = 'refs/heads/trunk') =>
        open((remote) => push(remote, { store, commit, ref, expectedOld }));
      expect(await to(two, one)).toEqual({ kind: 'PUSHED' });
      expect(await to(two, one)).toEqual({ kind: 'UP_TO_DATE' });
      expect(await to(three, one)).toEqual({ kind: 'STALE' });
      expect(await to(two, ZERO, 'refs/heads/new/branch')).toEqual({ kind: 'PUSHED' });
      expect(await to(three, ZERO, 'refs/heads/new/branch')).toEqual({ kind: 'STALE' });
      expect(await open((remote) => readRemoteBranch(remote, 'trunk'))).toBe(two);
      expect(await open((remote) => readRemoteBranch(remote, 'absent'))).toBeUndefined();
      expect(await open((remote) => fetchBranch(store, remote, 'absent'))).toBeUndefined();
      expect(await open((remote) => fetchBranch(store, remote, 'new/branch'))).toBe(two);
      expect(await to(two, ZERO, 'refs/heads/trunk/below')).toMatchObject({
        kind: 'FAILED',
        text: expect.stringContaining("'refs/heads/trunk' exists"),
      });
    });

    it('tells a remote that wants a password from an answer that was lost', async () => {
      const one = await makeRemote({ bare: true });
      await sync();
      const server = createServer((_, response) => {
        response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      try {
        const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/x.git`;
        const outcome = await withRemote(url, { privateHosts: ['127.0.0.1'] }, (remote) =>
          push(remote, { store, commit: one, ref: 'refs/heads/trunk', expectedOld: ZERO }),
        );
        expect(outcome).toMatchObject({
          kind: 'FAILED',
          reason: 'TARGET_REJECTED',
          text: expect.stringContaining('could not read Username'),
        });
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    });

    it('shows a credential to the place that it is for, and to no other', async () => {
      const seen: (string | undefined)[] = [];
      const server = createServer((request, response) => {
        seen.push(request.headers.authorization);
        response.writeHead(404).end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      try {
        const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
        const access = { baseUrl: `${origin}/forge`, user: 'x', password: 'the token' };
        for (const place of ['forge', 'forgery']) {
          const read = withRemote(
            `${origin}/${place}/acme/shop.git`,
            { privateHosts: ['127.0.0.1'] },
            readRemoteHead,
            access,
          );
          await expect(read).rejects.toMatchObject({ message: expect.not.stringContaining('the token') });
        }
        expect(seen[0]).toBe(`Basic ${Buffer.from('x:the token').toString('base64')}`);
        expect(seen.at(-1)).toBeUndefined();
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    });

    it('reports a refusal with its text, and never runs a hook as root', async () => {
      const one = await makeRemote({ bare: true });
      await sync();
      const two = await child(one, 'two');
      const hook = join(remotePath, 'hooks', 'pre-receive');
      await mkdir(join(remotePath, 'hooks'), { recursive: true });
      await writeFile(
        hook,
        '#!/bin/sh\nid -u > ../hook-ran-as 2>/dev/null || id -u > "$GIT_DIR/hook-ran-as"\necho "not on a Friday" >&2\nexit 1\n',
        { mode: 0o755 },
      );
      const attempt = () =>
        open((remote) => push(remote, { store, commit: two, ref: 'refs/heads/trunk', expectedOld: one }));
      if (process.getuid?.() === 0) {
        const outcome = await attempt();
        expect(outcome).toMatchObject({ kind: 'REJECTED', reason: 'TARGET_REJECTED' });
        await expect(access(join(root, 'hook-ran-as'))).rejects.toThrow();
        await giveAway(remotePath, 20123);
        await giveAway(root, 20123, false);
      }
      const refused = await attempt();
      expect(refused).toMatchObject({ kind: 'REJECTED', reason: 'TARGET_REJECTED' });
      expect(refused.kind === 'REJECTED' && refused.text).toContain('not on a Friday');
    });
  });

  (process.getuid?.() === 0 ? it : it.skip)(
    "works on a path as its owner: what it writes is the owner's, what it reads need not be readable to others",
    async () => {
      const one = await makeRemote({ bare: true });
      await giveAway(remotePath, 20123);
      await chmod(remotePath, 0o700);
      await sync();
      const two = await SampleRepository.at(store).commit([one], [['a', 'two\n']]);
      expect(
        await open((remote) => push(remote, { store, commit: two, ref: 'refs/heads/trunk', expectedOld: one })),
      ).toEqual({ kind: 'PUSHED' });
      expect((await stat(join(remotePath, 'refs', 'heads', 'trunk'))).uid).toBe(20123);
    },
  );
});

async function giveAway(path: string, uid: number, deep = true): Promise<void> {
  await chown(path, uid, uid);
  if (!deep || !(await stat(path)).isDirectory()) return;
  for (const name of await readdir(path)) await giveAway(join(path, name), uid);
}
