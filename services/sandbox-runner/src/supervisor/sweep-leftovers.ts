import {
  errnoOf,
  listSandboxDirectories,
  mountsBelow,
  removeDoomed,
  unmountPath,
  type SandboxDriver,
} from '@heddle/sandbox';
import { join } from 'node:path';
import type { Logger } from '@heddle/platform/logging';

/**
 * What no journal names: control groups of the platform's own parent group, mounts below the sandboxes' directory, and
 * directories whose making never ended. A box is on record before its group or mount is made, so nobody misses these.
 */
export async function sweepLeftovers(
  sandboxes: string,
  driver: SandboxDriver,
  known: ReadonlySet<string>,
  logger: Logger,
): Promise<void> {
  for (const name of await driver.sweep(known))
    logger.warn({ box: name }, 'removed a control group that no journal names');
  await removeDoomed(sandboxes);
  const directories = await listSandboxDirectories(sandboxes);
  const kept = new Set<string>();
  for (const directory of directories) if ((await directory.specification()) !== undefined) kept.add(directory.path);
  for (const path of await mountsBelow(sandboxes)) {
    if ([...kept].some((directory) => path.startsWith(`${directory}/`))) continue;
    await unmountPath(path);
    logger.warn({ path }, 'unmounted what no journal names');
  }
  for (const directory of directories) {
    if (kept.has(directory.path)) continue;
    await directory.remove().catch((error: unknown) => {
      if (errnoOf(error) !== 'EBUSY') throw error;
      logger.error({ path: join(directory.path) }, 'a directory without a specification is in use');
    });
    logger.warn({ path: directory.path }, 'removed a directory whose making never ended');
  }
}
