import { statSync } from 'node:fs';

/** The first directory on the way to `path` that other users can't pass; undefined if all can. */
export function closedDirectory(path: string): string | undefined {
  const parts = path.split('/').filter(Boolean);
  for (let count = 0; count < parts.length; count++) {
    const directory = `/${parts.slice(0, count).join('/')}`;
    if ((statSync(directory).mode & 0o001) === 0) return directory;
  }
  return undefined;
}
