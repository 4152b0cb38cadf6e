import { execFile } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SandboxError } from '../sandbox-error.js';
import type { BoxPaths } from './box-paths.js';
import type { Layer, WorkspaceFileSystem } from './workspace-file-system.js';

const run = promisify(execFile);

/** A full copy of the lowers, where no overlay can be had. Slow, and its capture reads every file. */
export class CloneFileSystem implements WorkspaceFileSystem {
  readonly kind = 'CLONE';
  readonly attributePrefix = undefined;

  constructor(readonly reason: string) {}

  async mount(paths: BoxPaths, layers: readonly Layer[], uid: number): Promise<void> {
    if ((await readdir(paths.merged)).length > 0) return;
    try {
      // Lowest first: what lies above overwrites.
      for (const layer of [...layers].reverse()) {
        for (const path of layer.removed) await rm(below(paths.merged, path), { recursive: true, force: true });
        await run('/bin/cp', ['-a', '--reflink=auto', '--remove-destination', join(layer.path, '.'), paths.merged]);
        for (const path of layer.removed) await rm(below(paths.merged, path), { recursive: true, force: true });
      }
      if (process.getuid?.() === 0) await run('/bin/chown', ['-hR', `${String(uid)}:${String(uid)}`, paths.merged]);
    } catch (error) {
      throw new SandboxError('SANDBOX_MOUNT_FAILED', `cannot copy the base into ${paths.merged}`, { cause: error });
    }
  }

  unmount(): Promise<void> {
    return Promise.resolve();
  }

  enter(_paths: BoxPaths, _layers: readonly Layer[], command: readonly string[]): readonly string[] {
    return command;
  }
}

function below(directory: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(path, 'latin1')]);
}
