const MAX_LENGTH = 1_024;

/** Matched against the paths of a tree, which have no empty, `.` or `..` segment: a glob with one would never match. */
export function isPathGlob(glob: string): boolean {
  if (glob === '' || glob.length > MAX_LENGTH || /[\0-\x1f]/.test(glob)) return false;
  return glob.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}
