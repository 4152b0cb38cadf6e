import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

const NEVER = new Set(['node_modules', 'dist', 'generated', '.git', '.heddle', '.nx']);
const AREAS = ['proto', 'libs', 'services', 'clients', 'deploy/local', 'tests'];
const ROOT_FILES = ['package-lock.json', 'tsconfig.json', 'tsconfig.base.json'];
const COUNTS = /\.(ts|tsx|mts|mjs|js|json|proto|html|css)$/;

/**
 * A hash over what the build reads. Files are told apart by size and time of change: reading them all would cost more
 * than the compiler's own check.
 */
export function inputsHash() {
  const hash = createHash('sha256').update(process.version);
  const files = [...ROOT_FILES.filter((file) => existsSync(join(root, file))), ...AREAS.flatMap(filesBelow)];
  for (const file of files) {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** A hash over the contents of everything below the given folders. */
export function contentsHash(folders) {
  const hash = createHash('sha256');
  for (const file of folders.flatMap(filesBelow)) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

/** Paths relative to the checkout, in a stable order. */
function filesBelow(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return NEVER.has(entry.name) ? [] : filesBelow(path);
      return entry.isFile() && COUNTS.test(entry.name) ? [path] : [];
    });
}
