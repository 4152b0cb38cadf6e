import { statfs } from 'node:fs/promises';
import type { JournalState } from '@heddle/sandbox';
import type { Sandbox } from '../sandboxes/sandbox.js';

/** Below this share of free room nobody's agent should meet the end of the disk because of what is kept. */
const FREE_SHARE = 0.1;

/** Released, and still to be looked at. */
export function isKept({ released, keptUntil = 0 }: JournalState, now = Date.now()): boolean {
  return released && keptUntil > now;
}

/** The kept one whose time is over first. */
export async function firstToEvict(sandboxes: readonly Sandbox[]): Promise<Sandbox | undefined> {
  let first: { readonly sandbox: Sandbox; readonly until: number } | undefined;
  for (const sandbox of sandboxes) {
    const state = await sandbox.state();
    const until = state.keptUntil ?? 0;
    if (isKept(state) && (first === undefined || until < first.until)) first = { sandbox, until };
  }
  return first?.sandbox;
}

/** True if the file system of the directory has little room left. */
export async function isDiskFilling(directory: string): Promise<boolean> {
  const { bavail, blocks } = await statfs(directory);
  return blocks > 0 && bavail / blocks < FREE_SHARE;
}
