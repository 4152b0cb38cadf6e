/** One file that a change touches, on both of its sides. Absent ids: the file is not there. */
export interface TouchedFile {
  readonly path: string;
  readonly oldMode?: string;
  readonly oldId?: string;
  readonly mode?: string;
  readonly id?: string;
}

/**
 * Whether what a reviewer saw is what is there now: the same files are touched, each with the same content before and
 * after. Everything else of the tree may be another one, so an untouched rebase keeps its verdicts.
 * @returns the paths that differ, sorted; none: a verdict on `seen` holds for `now`
 */
export function movedContent(seen: readonly TouchedFile[], now: readonly TouchedFile[]): readonly string[] {
  const [before, after] = [byPath(seen), byPath(now)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .sort();
}

function byPath(files: readonly TouchedFile[]): ReadonlyMap<string, string> {
  return new Map(
    files.map(({ path, oldMode, oldId, mode, id }) => [
      path,
      [oldMode, oldId, mode, id].map((part) => part ?? '').join(' '),
    ]),
  );
}
