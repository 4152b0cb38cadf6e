import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '@heddle/sandbox';

/** What the last start of the supervisor found out about its boundary. */
export interface SelfTestRecord {
  /** Why it runs nothing, in words; empty if it does. */
  readonly failed: readonly string[];
}

/** Outlives the supervisor, which ends when it refuses: who shows why is the runner. */
export async function writeSelfTest(directory: string, record: SelfTestRecord): Promise<void> {
  const path = join(directory, 'self-test.json');
  await writeFile(`${path}.new`, JSON.stringify({ at: new Date().toISOString(), ...record }), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Why the supervisor of this directory refuses work; empty where it does not, or has never said so. */
export async function readRefusal(directory: string): Promise<readonly string[]> {
  try {
    return (JSON.parse(await readFile(join(directory, 'self-test.json'), 'utf8')) as SelfTestRecord).failed;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
