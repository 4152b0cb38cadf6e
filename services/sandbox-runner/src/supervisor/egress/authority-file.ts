import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Authority } from '@heddle/egress';
import { errnoOf, type BoxPaths } from '@heddle/sandbox';

/**
 * The box's certificate authority outlives its supervisor: what runs inside has read the certificate already. Its key
 * opens nothing but this box's own connections, and no box sees the directory.
 */
export async function readAuthority(paths: BoxPaths): Promise<Authority | undefined> {
  try {
    return JSON.parse(await readFile(fileOf(paths), 'utf8')) as Authority;
  } catch (error) {
    // Cut off by a loss of power: what had read it is dead.
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export async function writeAuthority(paths: BoxPaths, authority: Authority): Promise<void> {
  const path = fileOf(paths);
  await writeFile(`${path}.new`, JSON.stringify(authority), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

function fileOf(paths: BoxPaths): string {
  return join(paths.control, 'authority.json');
}
