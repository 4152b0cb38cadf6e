import { removeTree, type BoxSpec } from '@heddle/sandbox';
import type { Sandbox } from '../sandboxes/sandbox.js';
import type { PhaseContext } from './phase-context.js';

/** Unmounting may first write to disk all that was written in the box: no result waits for that, only the sandbox's removal. */
export async function removeBox(context: PhaseContext, sandbox: Sandbox, box: BoxSpec): Promise<void> {
  try {
    await sandbox.exclusively(async () => {
      await context.supervisor.call('destroyBox', { sandbox: sandbox.name, box: box.name });
      await removeTree(box.paths.root);
    });
  } catch (error) {
    context.logger.warn({ err: error, box: box.name }, 'a box stays until its sandbox is removed');
  }
}
