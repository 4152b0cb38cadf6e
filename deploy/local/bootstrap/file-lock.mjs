import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Takes an exclusive lock on `file` that the kernel itself releases when this process dies, however it dies:
 * flock(1) holds it in a child that ends when its standard input closes. A pid written into a file could be stale
 * or reused; this cannot.
 *
 * The child is a session of its own, so that Ctrl-C in a terminal does not release the lock before its owner is done.
 *
 * @param {string} file path of the lock file; it is created, and stays
 * @param {{ wait?: boolean, onWait?: () => void }} [options] `wait`: block until the lock is free (default);
 *   `onWait` is called once if that takes more than half a second
 * @returns {Promise<{ release: () => Promise<void> } | undefined>} undefined: somebody else holds it and `wait` is false
 * @throws {Error} flock(1) is missing, or the file cannot be opened
 */
export async function lockFile(file, options = {}) {
  const wait = options.wait ?? true;
  mkdirSync(dirname(file), { recursive: true });
  const args = [
    ...(wait ? [] : ['--nonblock', '--conflict-exit-code', '75']),
    file,
    'sh',
    '-c',
    'echo held; exec cat >/dev/null',
  ];
  const child = spawn('flock', args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let notice;
  if (wait && options.onWait) notice = setTimeout(options.onWait, 500);
  try {
    return await new Promise((resolve, reject) => {
      let complaint = '';
      child.stderr.setEncoding('utf8').on('data', (text) => (complaint += text));
      // The child dying first makes its stdin a broken pipe; the exit below is what counts.
      child.stdin.on('error', () => undefined);
      child.once('error', (cause) => {
        reject(new Error('flock(1) of util-linux is needed for locks and could not be started', { cause }));
      });
      child.once('exit', (code) => {
        if (code === 75) resolve(undefined);
        else reject(new Error(`could not lock ${file}: ${complaint.trim() || `flock ended with ${code}`}`));
      });
      child.stdout.once('data', () => resolve({ release: () => release(child) }));
    });
  } finally {
    clearTimeout(notice);
    // A held lock must not keep an otherwise finished process alive.
    child.unref();
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.unref?.();
  }
}

/** Ends the lock's holder and resolves when the kernel has let go of the lock. */
function release(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.ref();
    child.removeAllListeners('exit');
    child.once('exit', () => resolve());
    child.stdin.end();
  });
}
