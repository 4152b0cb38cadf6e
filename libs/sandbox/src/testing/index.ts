import type { Protection } from '../bubblewrap/protections.js';
import { openDriverWithout, type OpenDriverOptions } from '../drivers/open-driver.js';
import type { SandboxDriver } from '../drivers/sandbox-driver.js';

export { engineForTests } from './container-engine.js';
export { ORDINARY_USER, withSubordinateIds } from './ordinary-user.js';
export { runInBox, type BoxRun } from './run-in-box.js';
export { PROTECTIONS, type Protection } from '../bubblewrap/protections.js';

/** The driver without some of its protections: what tests the boundary has to fail on it. */
export function openWeakenedDriver(
  options: OpenDriverOptions,
  weakened: readonly Protection[],
): Promise<SandboxDriver> {
  return openDriverWithout(new Set(weakened), options);
}
