import { isPathGlob, type FieldViolation } from '@heddle/domain';

const MAX_GLOBS = 100;

/** Globs of files of a repository: at most 100. */
export function globViolations(globs: readonly string[], field: string): FieldViolation[] {
  const violations = globs.flatMap((glob, index) =>
    isPathGlob(glob)
      ? []
      : {
          field: `${field}[${String(index)}]`,
          description: 'must be a glob relative to the work tree, for example package-lock.json or **/go.sum',
        },
  );
  if (globs.length > MAX_GLOBS) violations.unshift({ field, description: `must be at most ${String(MAX_GLOBS)}` });
  return violations;
}
