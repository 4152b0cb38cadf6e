import type { RawFile } from '../diff/changed-files.js';

/** Where a change touches the tree of its base, for `areApart`; names are latin1, byte for byte. */
export interface Footprint {
  /** Of renamed files both names. */
  readonly touched: ReadonlySet<string>;
  readonly added: readonly string[];
  /** All directories that hold a touched file. */
  readonly directories: ReadonlySet<string>;
  /** It may have renamed a directory, as far as git's merge finds such things. */
  readonly moves: boolean;
}

export function footprint(files: readonly RawFile[]): Footprint {
  const touched = new Set<string>();
  const added: string[] = [];
  const directories = new Set<string>();
  let removes = false;
  for (const { status, path, oldPath } of files) {
    for (const name of oldPath === undefined ? [path] : [oldPath, path]) touched.add(name.toString('latin1'));
    if (status === 'ADDED' || status === 'RENAMED') added.push(path.toString('latin1'));
    if (status === 'DELETED' || status === 'RENAMED') removes = true;
  }
  for (const name of touched) {
    for (let end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) {
      const directory = name.slice(0, end);
      if (directories.has(directory)) break;
      directories.add(directory);
    }
  }
  return { touched, added, directories, moves: removes && added.length > 0 };
}

/**
 * True: two changes of the same base merge without a conflict, for no path, directory or renamed directory is of both: git
 * takes each file from the side that changed it. False says nothing: then git is to be asked.
 */
export function areApart(a: Footprint, b: Footprint): boolean {
  if (a.moves && b.added.length > 0) return false;
  if (b.moves && a.added.length > 0) return false;
  const [few, many] = a.touched.size <= b.touched.size ? [a.touched, b.touched] : [b.touched, a.touched];
  for (const name of few) if (many.has(name)) return false;
  return !a.added.some((name) => b.directories.has(name)) && !b.added.some((name) => a.directories.has(name));
}
