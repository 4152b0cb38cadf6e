/** A pattern of a code owners file, or of the platform's own lists of paths. */
export interface OwnerPattern {
  /** From the root of the tree; `**` stands for any number of directories. */
  readonly segments: readonly string[];
  /** `docs/`: what is below, not a file of that name. */
  readonly directoryOnly: boolean;
}

/**
 * Patterns are those of ignore files, with three differences: `!` and `[` are not understood, and a last `/*` matches files
 * of the directory itself only.
 * @returns undefined for what is no pattern
 */
export function splitPattern(text: string): OwnerPattern | undefined {
  if (/^!|[[\]\0]/.test(text)) return undefined;
  const pattern = text.replaceAll('\\ ', ' ');
  const directoryOnly = pattern.endsWith('/');
  const bare = directoryOnly ? pattern.slice(0, -1) : pattern;
  const anchored = bare.includes('/');
  const segments = bare.replace(/^\//, '').split('/');
  if (segments.some((segment) => segment === '')) return undefined;
  return { segments: anchored ? segments : ['**', ...segments], directoryOnly };
}

/** Work in proportion to pattern times path, whatever somebody wrote. */
export function matchesSegments({ segments, directoryOnly }: OwnerPattern, path: readonly string[]): boolean {
  const last = segments.at(-1);
  const filesOnly = last === '*' && segments.length > 1 && segments[0] !== '**';
  // reached[n]: the pattern so far matches the first n segments of the path.
  let reached: readonly boolean[] = [true, ...path.map(() => false)];
  for (const [index, segment] of segments.entries()) {
    reached =
      segment === '**' ? acrossDirectories(reached, index === segments.length - 1) : oneFurther(reached, segment, path);
  }
  if (filesOnly && !directoryOnly) return reached[path.length] === true;
  return reached.some((is, length) => is && length > 0 && (directoryOnly ? length < path.length : true));
}

function oneFurther(reached: readonly boolean[], segment: string, path: readonly string[]): boolean[] {
  return [false, ...path.map((name, index) => reached[index] === true && matchesName(segment, name))];
}

/** A last `**` stands for what is in a directory, not for the directory. */
function acrossDirectories(reached: readonly boolean[], isLast: boolean): boolean[] {
  const first = reached.indexOf(true);
  return reached.map((_, length) => first !== -1 && (isLast ? length > first : length >= first));
}

/** `*` and `?` within one name. Goes back to the last star only, which is enough. */
function matchesName(pattern: string, name: string): boolean {
  let [at, p, star, from] = [0, 0, -1, 0];
  while (at < name.length) {
    const symbol = pattern[p];
    if (symbol === '*') {
      star = p++;
      from = at;
    } else if (symbol !== undefined && (symbol === '?' || symbol === name[at])) {
      p++;
      at++;
    } else if (star !== -1) {
      p = star + 1;
      at = ++from;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
