import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findNats, freePort, ManagedProcess, natsServer } from '@heddle/local/servers';
import { runDirectory } from '../run/run-directory.js';
import { findContext } from './find-context.js';

/** A NATS server of one test file: streams have fixed names, so files must not share one. It starts in a moment. */
export interface TestNats {
  /** Without the token. */
  readonly url: string;
  readonly token: string;
  /** Kills it with -9; it comes back on the same port with the same data. Resolves when it serves again. */
  crash(): Promise<void>;
  /** Stops it, keeping its data. `start` brings it back. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** @throws when a client is still connected: that is a leak of the test or of the code under test */
  stop(): Promise<void>;
}

const LEAK_GRACE_MS = 3_000;

/** @throws {SetupError} SERVER_NOT_FOUND */
export async function testNats(): Promise<TestNats> {
  const context = await findContext();
  const { path } = await findNats(context);
  const home = await mkdtemp(join(runDirectory(), 'nats-'));
  const token = randomBytes(12).toString('hex');
  const port = await freePort();
  const monitorPort = await freePort(new Set([port]));
  const server = await natsServer({
    program: path,
    directory: join(home, 'data'),
    port,
    token,
    user: context.user,
    env: context.env,
    monitorPort,
    durable: false,
  });
  // mkdtemp makes it private, and the server runs as somebody else.
  await chmod(home, 0o755);
  const launch = async (): Promise<ManagedProcess> => {
    const managed = new ManagedProcess(server.spec, { logDirectory: join(home, 'logs'), say: () => undefined });
    await managed.start();
    return managed;
  };
  let running = await launch();
  return {
    url: `nats://127.0.0.1:${port}`,
    token,
    async crash() {
      const pid = running.kill('SIGKILL');
      await running.servedByOther(pid);
    },
    pause: () => running.stop(),
    async resume() {
      running = await launch();
    },
    async stop() {
      const leaked = await openConnections(monitorPort);
      await running.stop();
      await rm(home, { recursive: true, force: true });
      if (leaked > 0) throw new Error(`${leaked} connection(s) to the test's NATS server are still open: close them`);
    },
  };
}

/** How many clients are connected, after a moment in which those that were just closed go away; 0 if it is stopped. */
async function openConnections(monitorPort: number): Promise<number> {
  const deadline = performance.now() + LEAK_GRACE_MS;
  for (;;) {
    const count = await countConnections(monitorPort);
    if (count === 0 || performance.now() > deadline) return count;
    await delay(50);
  }
}

async function countConnections(monitorPort: number): Promise<number> {
  try {
    const response = await fetch(`http://127.0.0.1:${monitorPort}/connz`);
    return ((await response.json()) as { num_connections: number }).num_connections;
  } catch {
    return 0; // paused by the test: nobody can be connected
  }
}
