import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceDefinition } from '../launcher/service-table.js';

const HTTP_SERVICE = `
import { createServer } from 'node:http';
createServer((request, response) => response.writeHead(request.url === '/readyz' ? 200 : 404).end()).listen(Number(process.env.HEDDLE_HEALTH_PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
`;
const SOCKET_SERVICE = `
import { createServer } from 'node:net';
import { rmSync } from 'node:fs';
const socket = process.env.HEDDLE_DATA_DIR + '/runner/supervisor.sock';
rmSync(socket, { force: true });
createServer().listen(socket);
process.on('SIGTERM', () => process.exit(0));
`;
const BROKEN_SERVICE = `console.error('the reason why it cannot start'); process.exit(3);`;
const STUBBORN_SERVICE = HTTP_SERVICE.replace('process.exit(0)', 'undefined');

const base = {
  startGroup: 1,
  stopGroup: 1,
  readiness: 'http',
  stop: { signal: 'SIGTERM', deadlineMs: 2_000 },
  takeOver: { signal: 'SIGKILL', deadlineMs: 2_000 },
  settings: () => ({}),
} as const satisfies Partial<ServiceDefinition>;

export const HTTP: ServiceDefinition = { ...base, name: 'web', entry: 'http.mjs' };
export const SOCKET: ServiceDefinition = { ...base, name: 'supervisor', entry: 'socket.mjs', readiness: 'socket' };
export const BROKEN: ServiceDefinition = { ...base, name: 'broken', entry: 'broken.mjs', startGroup: 2 };
export const STUBBORN: ServiceDefinition = { ...base, name: 'stubborn', entry: 'stubborn.mjs' };

/** Writes the programs of the services above to a directory that serves as repository root. */
export async function writeSmallServices(root: string): Promise<string> {
  await mkdir(root, { recursive: true });
  const files = {
    'http.mjs': HTTP_SERVICE,
    'socket.mjs': SOCKET_SERVICE,
    'broken.mjs': BROKEN_SERVICE,
    'stubborn.mjs': STUBBORN_SERVICE,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), text);
  return root;
}
