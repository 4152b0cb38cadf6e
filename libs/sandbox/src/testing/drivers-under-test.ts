import { describe } from '@jest/globals';
import { openDriver } from '../drivers/open-driver.js';
import type { SandboxDriver } from '../drivers/sandbox-driver.js';
import { engineForTests } from './container-engine.js';

export interface DriverUnderTest {
  readonly name: string;
  /** Why it can't be tested here; undefined: it can. */
  readonly absent: string | undefined;
  readonly open: (directory: string) => Promise<SandboxDriver>;
}

const engine = engineForTests();

export const BUBBLEWRAP: DriverUnderTest = {
  name: 'bubblewrap',
  absent: process.getuid?.() === 0 ? undefined : 'needs root',
  open: (directory) => openDriver({ mode: '', directory }),
};

export const CONTAINERS: DriverUnderTest = {
  name: 'containers',
  absent: engine.absent,
  open: (directory) =>
    openDriver({ mode: 'container', directory, containers: { socket: engine.socket ?? '', images: [] } }),
};

/** Skipped, with the reason in its name, where the driver can't be had. */
export function suiteOf({ name, absent }: DriverUnderTest, what: string, suite: () => void): void {
  if (absent === undefined) describe(`${what}: ${name}`, suite);
  else describe.skip(`${what}: ${name} [skipped: ${absent}]`, suite);
}
