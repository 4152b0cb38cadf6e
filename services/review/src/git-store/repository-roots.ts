import { isIP } from 'node:net';
import type { ReviewConfig } from '../config.js';

/**
 * Directories below which a path may be a repository; undefined: any path. Where the operator did not say, that is any path on a
 * platform which only this host can reach, and none on another.
 */
export function repositoryRoots({
  HEDDLE_REPOSITORY_ROOTS: roots,
  HEDDLE_HOST: host,
}: Pick<ReviewConfig, 'HEDDLE_REPOSITORY_ROOTS' | 'HEDDLE_HOST'>): readonly string[] | undefined {
  return roots ?? (isLoopback(host) ? undefined : []);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
