import { execFile } from 'node:child_process';
import { access, constants, copyFile, link, mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { errnoOf } from '../sandbox-error.js';
import type { RootEntry } from './root-entry.js';

const run = promisify(execFile);

/** Where the running Node and its npm are found inside, last in PATH. */
export const NODE_PREFIX = '/opt/heddle/node';

/** Places inside that every driver with a boundary has: Node, and the directory of the agents' programs. */
export const NODE_INSIDE = `${NODE_PREFIX}/bin/node`;
export const TOOLS_INSIDE = '/opt/heddle/agents';

/** The Node that runs the platform (and its npm, if it has one) at a fixed place. */
export async function nodeRoot(directory: string): Promise<RootEntry[]> {
  const node = await realpath(process.execPath);
  const entries: RootEntry[] = [{ at: NODE_INSIDE, bind: await visible(node, directory) }];
  const npm = join(dirname(dirname(node)), 'lib', 'node_modules', 'npm');
  if (await exists(join(npm, 'bin', 'npm-cli.js'))) {
    const link = (name: string): RootEntry => ({
      at: `${NODE_PREFIX}/bin/${name}`,
      symlink: `../lib/node_modules/npm/bin/${name}-cli.js`,
    });
    entries.push({ at: `${NODE_PREFIX}/lib/node_modules/npm`, bind: await visible(npm, directory) });
    entries.push(link('npm'), link('npx'));
  }
  return entries;
}

/** /etc/passwd and /etc/group with the one user that the inside has. */
export async function userRoot(directory: string, uid: number): Promise<RootEntry[]> {
  const own = join(directory, `etc-${String(uid)}`);
  await mkdir(own, { recursive: true, mode: 0o755 });
  const files: Record<string, string> = {
    passwd: `agent:x:${String(uid)}:${String(uid)}:agent:/home/agent:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n`,
    group: `agent:x:${String(uid)}:\nnogroup:x:65534:\n`,
    hosts: '127.0.0.1 localhost\n::1 localhost\n',
  };
  const entries: RootEntry[] = [];
  for (const [name, text] of Object.entries(files)) {
    const path = join(own, name);
    await writeFile(`${path}.new`, text, { mode: 0o644 });
    await rename(`${path}.new`, path);
    entries.push({ at: `/etc/${name}`, bind: path });
  }
  return entries;
}

/**
 * The first directory on the way to `path` that other users can't pass; undefined if all can.
 * Bubblewrap runs as another user than the platform and must reach what it binds.
 */
export async function directoryInTheWay(path: string): Promise<string | undefined> {
  const parts = path.split('/').filter(Boolean);
  for (let count = 0; count < parts.length; count++) {
    const directory = `/${parts.slice(0, count).join('/')}`;
    if (((await stat(directory)).mode & 0o001) === 0) return directory;
  }
  return undefined;
}

/** The path itself where others can reach it, else a copy in the platform's own directory, made once. */
async function visible(path: string, directory: string): Promise<string> {
  if (process.getuid?.() !== 0 || (await directoryInTheWay(path)) === undefined) return path;
  const copy = join(directory, `${path.split('/').at(-1) ?? 'node'}-${process.version}`);
  if (await exists(copy)) return copy;
  const partial = `${copy}.${String(process.pid)}`;
  await mkdir(directory, { recursive: true, mode: 0o755 });
  if ((await stat(path)).isDirectory()) await run('/bin/cp', ['-rL', path, partial]);
  else await link(path, partial).catch(() => copyFile(path, partial));
  await rename(partial, copy).catch(async (error: unknown) => {
    // Another process was faster.
    await rm(partial, { recursive: true, force: true });
    if (!(await exists(copy))) throw error;
  });
  return copy;
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path, constants.F_OK);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}
