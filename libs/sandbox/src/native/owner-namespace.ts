import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, writeFileSync } from 'node:fs';

/**
 * A user namespace in which what belongs to `from` on disk belongs to `to`, and root's to root; nobody else is known.
 * Only a process can have one made, and the map of one that lives is written from outside: a small one is started and
 * ended here. The descriptor keeps the namespace.
 */
export async function openOwnerNamespace(from: number, to: number): Promise<number> {
  const child = spawn('/usr/bin/unshare', ['--user', '/bin/cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {},
    cwd: '/',
  });
  // It may be gone before it reads; that is told by its end.
  child.stdin.on('error', () => undefined);
  try {
    // What comes back was said within the namespace.
    child.stdin.write('.');
    await firstByte(child);
    const proc = `/proc/${String(child.pid)}`;
    for (const map of ['uid_map', 'gid_map'])
      writeFileSync(`${proc}/${map}`, `0 0 1\n${String(from)} ${String(to)} 1\n`);
    return openSync(`${proc}/ns/user`, 'r');
  } finally {
    child.stdin.end();
  }
}

async function firstByte(child: ChildProcess & { readonly stdout: NodeJS.ReadableStream }): Promise<void> {
  const ended = new AbortController();
  child.once('error', (error) => {
    ended.abort(error);
  });
  child.once('exit', () => {
    ended.abort(new Error('no user namespace could be made'));
  });
  try {
    await once(child.stdout, 'data', { signal: ended.signal });
  } catch (error) {
    throw ended.signal.reason ?? error;
  }
}
