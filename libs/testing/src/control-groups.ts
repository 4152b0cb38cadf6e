import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const MOUNTED_AT = '/sys/fs/cgroup';

/**
 * The control groups of this host, of every hierarchy, whose path contains the text.
 * Those of other tests come and go meanwhile: what is not there any more has nothing below it.
 */
export function controlGroupsWith(text: string): string[] {
  return below(MOUNTED_AT).filter((path) => path.includes(text));
}

function below(directory: string): string[] {
  return childrenOf(directory).flatMap((path) => [path, ...below(path)]);
}

function childrenOf(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(directory, name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENODEV') return [];
    throw error;
  }
}
