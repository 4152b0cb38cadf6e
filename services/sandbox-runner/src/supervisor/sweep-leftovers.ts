import { removeTree, type SandboxDriver } from '@heddle/sandbox';
import type { Logger } from '@heddle/platform/logging';

/**
 * Removes what no journal names: boxes (one is on record before the host has anything of it, so nobody misses these), and
 * directories whose making or whose removal never ended. Nobody waits for it, and what can't be removed is in nobody's way.
 */
export async function sweepLeftovers(
  driver: SandboxDriver,
  boxes: readonly string[],
  doomed: readonly string[],
  logger: Logger,
): Promise<void> {
  const remove = async (what: object, removal: () => Promise<void>): Promise<void> => {
    try {
      await removal();
      logger.warn(what, 'removed what an earlier supervisor left');
    } catch (error) {
      logger.error({ ...what, err: error }, 'what an earlier supervisor left stays; the next start tries again');
    }
  };
  for (const box of boxes) await remove({ box }, () => driver.evict(box));
  for (const path of doomed) await remove({ path }, () => removeTree(path));
}
