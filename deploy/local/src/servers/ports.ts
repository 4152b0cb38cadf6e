import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';

/**
 * Below the range that kernels hand out to outgoing connections, so that a port stays free for its server while that
 * restarts.
 */
const LOWEST = 15_000;
const HIGHEST = 32_000;
const TRIES = 200;

export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen({ port, host, exclusive: true }, () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}

/** A free port that is not among `taken`. */
export async function freePort(taken: ReadonlySet<number> = new Set(), host?: string): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST);
    if (!taken.has(port) && (await isPortFree(port, host))) return port;
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST}`);
}
