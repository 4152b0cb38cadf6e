/** A name in a text that stands for files of the repository. */
export interface NamedFile {
  readonly path: string;
  /** As the text has it. */
  readonly name: string;
  /** So many files may be meant by it. */
  readonly of: number;
}

/** A name that fits more files than this names none of them. */
const MAX_MEANT = 8;
/** No path is longer; the bound keeps what is done with a token in proportion. */
const TOKEN = /[A-Za-z0-9_@.-][\w@./-]{0,299}/g;

/** Files by the ends of their paths. */
export class PathIndex {
  private readonly paths: ReadonlySet<string>;
  private readonly byName = new Map<string, string[]>();

  constructor(paths: Iterable<string>) {
    this.paths = new Set(paths);
    for (const path of this.paths) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      const known = this.byName.get(name);
      if (known === undefined) this.byName.set(name, [path]);
      else known.push(path);
    }
  }

  get size(): number {
    return this.paths.size;
  }

  has(path: string): boolean {
    return this.paths.has(path);
  }

  [Symbol.iterator](): IterableIterator<string> {
    return this.paths.values();
  }

  /** Files whose path is this, or ends with it. */
  endingWith(name: string): string[] {
    if (this.paths.has(name)) return [name];
    const last = name.slice(name.lastIndexOf('/') + 1);
    return (this.byName.get(last) ?? []).filter((path) => path.endsWith(`/${name}`));
  }
}

/** Files that a text names by their path, or by the end of it. */
export function namedFiles(text: string, index: PathIndex): NamedFile[] {
  const found = new Map<string, NamedFile>();
  for (const [token] of text.matchAll(TOKEN)) {
    const name = token.replace(/^(?:\.?\/)+/, '').replace(/[./-]+$/, '');
    if (!/[./]/.test(name)) continue;
    const meant = index.endingWith(name);
    if (meant.length > MAX_MEANT) continue;
    for (const path of meant) {
      const known = found.get(path);
      if (known === undefined || known.of > meant.length) found.set(path, { path, name, of: meant.length });
    }
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
