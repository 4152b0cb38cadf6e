import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where the local platform keeps its data: HEDDLE_DATA_DIR, /var/lib/heddle for root, the XDG data directory for a user. */
export function dataDirectory(env: NodeJS.ProcessEnv, uid = process.getuid?.()): string {
  const configured = env['HEDDLE_DATA_DIR'];
  if (configured !== undefined && configured !== '') return resolve(configured);
  if (uid === 0) return '/var/lib/heddle';
  const xdg = env['XDG_DATA_HOME'];
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.local', 'share'), 'heddle');
}
