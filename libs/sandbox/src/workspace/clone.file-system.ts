import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { SandboxError } from '../sandbox-error.js';
import type { BoxPaths } from './box-paths.js';
import { removeTree } from './remove-tree.js';
import type { Layer, WorkspaceFileSystem } from './workspace-file-system.js';

const run = promisify(execFile);

/** A full copy of the lowers, where no overlay can be had. Slow, and its capture reads every file. */
export class CloneFileSystem implements WorkspaceFileSystem {
  readonly kind = 'CLONE';
  readonly attributePrefix = undefined;
  /** Its own copy is given to the box's uid. */
  readonly mapsOwners = process.getuid?.() === 0;

  constructor(readonly reason: string) {}

  async mount(paths: BoxPaths, layers: readonly Layer[], uid: number): Promise<void> {
    await this.copy(paths.merged, layers, uid);
  }

  async mountHome(paths: BoxPaths, layers: readonly Layer[], uid: number): Promise<void> {
    await this.copy(paths.home, layers, uid);
  }

  private async copy(target: string, layers: readonly Layer[], uid: number): Promise<void> {
    if ((await readdir(target)).length > 0) return;
    // Whole or not at all: what a copy that was cut off left would pass for what the agent deleted.
    const draft = `${target}.new`;
    try {
      await removeTree(draft);
      await mkdir(draft);
      // Lowest first: what lies above overwrites.
      for (const layer of [...layers].reverse()) {
        for (const path of layer.removed) await rm(below(draft, path), { recursive: true, force: true });
        await run('/bin/cp', ['-a', '--reflink=auto', '--remove-destination', `${layer.path}/.`, draft]);
        for (const path of layer.removed) await rm(below(draft, path), { recursive: true, force: true });
      }
      if (process.getuid?.() === 0) await run('/bin/chown', ['-hR', `${String(uid)}:${String(uid)}`, draft]);
      await rename(draft, target);
    } catch (error) {
      throw new SandboxError('SANDBOX_MOUNT_FAILED', `cannot copy the layers into ${target}`, { cause: error });
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
