import { execFile } from 'node:child_process';
import { copyFile, mkdir, realpath, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A root file system with these programs of the host's `/usr/bin` and what they are linked with. */
export async function makeRootDirectory(directory: string, programs: readonly string[]): Promise<void> {
  await mkdir(join(directory, 'usr', 'bin'), { recursive: true });
  await symlink('usr/bin', join(directory, 'bin'));
  for (const name of programs) {
    const program = await realpath(`/usr/bin/${name}`);
    await copyFile(program, join(directory, 'usr', 'bin', name));
    const { stdout } = await run('ldd', [program]);
    for (const [, library = ''] of stdout.matchAll(/(\/\S+) \(0x/g)) {
      await mkdir(join(directory, dirname(library)), { recursive: true });
      await copyFile(library, join(directory, dirname(library), basename(library)));
    }
  }
}
