import { join } from 'node:path';
import { SetupError } from '../servers/setup.error.js';

const SOCKET_PATH_BYTES = 108;

/** @throws {SetupError} SETTING_INVALID: the kernel takes no longer path for a socket */
export function supervisorSocket(directory: string): string {
  const path = join(directory, 'supervisor.sock');
  if (Buffer.byteLength(path) < SOCKET_PATH_BYTES) return path;
  throw new SetupError('SETTING_INVALID', `The data directory's path is too long for a socket in it: ${path}`, [
    'set HEDDLE_DATA_DIR to a shorter path',
  ]);
}

/** An address that listens everywhere is reached by loopback; IPv6 goes into brackets. */
export function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
