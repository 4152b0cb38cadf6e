import { createReadStream } from 'node:fs';
import { findSecrets, SecretPatterns, type CapturedChanges } from '@heddle/sandbox';

const CHUNK_BYTES = 1024 * 1024;

export interface SecretPath {
  readonly path: Buffer;
  /** Indexes of the values that it holds. */
  readonly values: readonly number[];
}

/** Paths of the change that hold one of the values: in their bytes, in a link's target, or in their own name. */
export async function secretPaths(
  found: CapturedChanges,
  stage: string,
  values: readonly string[],
  signal: AbortSignal | undefined,
): Promise<SecretPath[]> {
  const patterns = new SecretPatterns(values);
  if (patterns.isEmpty) return [];
  const paths: SecretPath[] = [];
  for (const change of found.changes) {
    signal?.throwIfAborted();
    if (change.kind === 'remove') continue;
    const staged = Buffer.concat([Buffer.from(`${stage}/`), change.path]);
    const content =
      change.kind === 'symlink' ? change.target : createReadStream(staged, { highWaterMark: CHUNK_BYTES });
    const hits = new Set([...(await findSecrets(change.path, patterns)), ...(await findSecrets(content, patterns))]);
    if (hits.size > 0) paths.push({ path: change.path, values: [...hits] });
  }
  return paths;
}
