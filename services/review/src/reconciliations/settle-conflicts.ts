import { listTree, writeTree, type MergeOutcome } from '@heddle/git';

type Conflict = Extract<MergeOutcome, { clean: false }>;

/** Conflicts in which a path has two contents, or one and none: nothing else of the tree hangs on which one is taken. */
const OF_CONTENT: ReadonlySet<string> = new Set([
  'CONFLICT (contents)',
  'CONFLICT (binary)',
  'CONFLICT (modify/delete)',
]);

/** As latin1; undefined where more is in conflict than contents. */
export function conflictingPaths({ paths, messages }: Conflict): ReadonlySet<string> | undefined {
  const conflicts = messages.filter(({ type }) => type.startsWith('CONFLICT'));
  if (paths.length === 0 || conflicts.some(({ type }) => !OF_CONTENT.has(type))) return undefined;
  const all = [...paths, ...conflicts.flatMap((message) => message.paths)];
  return new Set(all.map((path) => path.toString('latin1')));
}

/** A tree with these paths as a commit has them, or without where it has none. */
export async function withPathsOf(
  at: { readonly gitDir: string },
  tree: string,
  commit: string,
  paths: ReadonlySet<string>,
): Promise<string> {
  const there = (await listTree(at, commit)).filter(({ path }) => paths.has(path.toString('latin1')));
  const kept = new Set(there.map(({ path }) => path.toString('latin1')));
  return writeTree({
    ...at,
    base: tree,
    edits: [
      ...[...paths]
        .filter((path) => !kept.has(path))
        .map((path) => ({ kind: 'remove' as const, path: Buffer.from(path, 'latin1') })),
      ...there.flatMap(({ mode, id, path }) => (isFileMode(mode) ? [{ kind: 'put' as const, path, mode, id }] : [])),
    ],
  });
}

function isFileMode(mode: string): mode is '100644' | '100755' | '120000' | '160000' {
  return ['100644', '100755', '120000', '160000'].includes(mode);
}
