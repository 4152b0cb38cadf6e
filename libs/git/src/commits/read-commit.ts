import type { GitLocation } from '../process/environment.js';
import { askObject } from '../process/object-queries.js';

/** The headers and the message of a commit as latin1 text; undefined where there is no such commit. */
export async function readCommit(at: GitLocation, id: string, signal?: AbortSignal): Promise<string | undefined> {
  const found = await askObject(at, id, true, signal);
  return found?.type === 'commit' ? found.content.toString('latin1') : undefined;
}
