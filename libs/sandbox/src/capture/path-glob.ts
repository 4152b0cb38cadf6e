import { wildmatch } from './wildmatch.js';

/**
 * As in ignore files: a glob without a slash is a file's name in any directory, one with a slash a path from the top.
 * @returns whether a path, its bytes as latin1, is meant
 */
export function pathGlob(glob: string): (path: string) => boolean {
  const pattern = Buffer.from(glob.replace(/^\.?\//, '')).toString('latin1');
  const anywhere = !pattern.includes('/') && !/^\.?\//.test(glob);
  return (path) => wildmatch(pattern, anywhere ? path.slice(path.lastIndexOf('/') + 1) : path, { pathname: true });
}
