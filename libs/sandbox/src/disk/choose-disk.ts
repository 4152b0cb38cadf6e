import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { boxPaths } from '../workspace/box-paths.js';
import { removeTree } from '../workspace/remove-tree.js';
import type { BoxDisk } from './box-disk.js';
import { DirectoryDisk } from './directory.disk.js';
import { ImageDisk } from './image.disk.js';

const SEARCH_PATH = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'];
const PROBE = { diskBytes: 16 * 1024 * 1024, diskInodes: 1024 };

/** Tries, in a throw-away directory below `directory`, whether this host lets the platform mount a file system in a file. */
export async function chooseDisk(directory: string): Promise<BoxDisk> {
  if (process.getuid?.() !== 0) return new DirectoryDisk('needs root');
  const [mke2fs, e2fsck] = [await find('mke2fs'), await find('e2fsck')];
  if (mke2fs === undefined || e2fsck === undefined) return new DirectoryDisk('e2fsprogs is not installed');
  const disk = new ImageDisk({ mke2fs, e2fsck, directory });
  const root = join(directory, 'disk-probe');
  // A supervisor may have died in the middle of this.
  await removeTree(root);
  try {
    await mkdir(root, { recursive: true });
    const paths = boxPaths(root);
    await disk.open(paths, PROBE);
    await disk.close(paths);
    return disk;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return new DirectoryDisk(cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause));
  } finally {
    await removeTree(root);
  }
}

async function find(name: string): Promise<string | undefined> {
  for (const directory of SEARCH_PATH) {
    const path = join(directory, name);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}
