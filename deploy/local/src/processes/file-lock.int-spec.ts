import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { REPOSITORY_ROOT } from '../launcher/repository-root.js';
import { useTemporaryDirectories } from '../spec-support/temporary.js';
import { lockFile } from '../../bootstrap/file-lock.mjs';

describe('a file lock', () => {
  const temporary = useTemporaryDirectories();

  it('is held by one at a time', async () => {
    const file = join(await temporary(), 'lock');
    const held = await lockFile(file);
    expect(await lockFile(file, { wait: false })).toBeUndefined();
    await held?.release();
    const next = await lockFile(file, { wait: false });
    expect(next).toBeDefined();
    await next?.release();
  });

  it('is given free by the kernel when its holder is killed', async () => {
    const file = join(await temporary(), 'lock');
    const script = `
      import { lockFile } from ${JSON.stringify(join(REPOSITORY_ROOT, 'deploy/local/bootstrap/file-lock.mjs'))};
      await lockFile(process.argv[1]);
      console.log('held');
      setInterval(() => undefined, 60_000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '--eval', script, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    expect(await lockFile(file, { wait: false })).toBeUndefined();
    holder.kill('SIGKILL');
    const next = await lockFile(file);
    await next?.release();
  });

  it('tells what is wrong with a file that cannot be locked', async () => {
    await expect(lockFile('/proc/no-lock-here', { wait: false })).rejects.toThrow(/could not lock/);
  });
});
