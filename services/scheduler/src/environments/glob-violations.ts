import type { FieldViolation } from '@heddle/domain';

const MAX_GLOBS = 100;
const MAX_GLOB_LENGTH = 1_024;

/** Globs of files of a repository: at most 100. */
export function globViolations(globs: readonly string[], field: string): FieldViolation[] {
  const violations = globs.flatMap((glob, index) =>
    isGlob(glob)
      ? []
      : {
          field: `${field}[${String(index)}]`,
          description: 'must be a glob relative to the work tree, for example package-lock.json or **/go.sum',
        },
  );
  if (globs.length > MAX_GLOBS) violations.unshift({ field, description: `must be at most ${String(MAX_GLOBS)}` });
  return violations;
}

/** Matched against the paths of a tree, which have no empty, `.` or `..` segment: a glob with one would never match. */
function isGlob(glob: string): boolean {
  if (glob === '' || glob.length > MAX_GLOB_LENGTH || /[\0-\x1f]/.test(glob)) return false;
  return glob.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}
