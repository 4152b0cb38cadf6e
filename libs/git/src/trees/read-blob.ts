import type { GitLocation } from '../process/environment.js';
import { askObject } from '../process/object-queries.js';

/** The bytes of a file by its blob's id; undefined where there is no such blob or it has more than `maxBytes`. */
export async function readBlob(at: GitLocation, id: string, maxBytes: number): Promise<Buffer | undefined> {
  const info = await askObject(at, id, false);
  if (info?.type !== 'blob' || info.size > maxBytes) return undefined;
  return (await askObject(at, info.id, true))?.content;
}
