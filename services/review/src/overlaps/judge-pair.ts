import type { OverlapLevel } from '@heddle/domain';
import { showPath, type ChangedFile, type PairOutcome } from '@heddle/git';

/** One thing that two changes have in common. `conflict` is git's word for it, empty for a shared file that merges. */
export interface PairEvidence {
  readonly level: OverlapLevel;
  readonly path: string;
  readonly conflict: string;
}

export interface PairFinding {
  readonly level: OverlapLevel;
  readonly duplicate: boolean;
  readonly paths: readonly string[];
  readonly evidence: readonly PairEvidence[];
}

/** One side of a pair. */
export interface PairSide {
  readonly treeId: string;
  readonly paths: ReadonlySet<string>;
}

/** More than that is no help to anybody and only fills rows. */
const MAX_EVIDENCE = 200;
/** git could not decide the merge: never to be read as clean. */
const UNDECIDED = 'MERGE_UNDECIDED';

/** All names that a change touches, of renames both, readable. */
export function touchedPaths(files: readonly ChangedFile[]): ReadonlySet<string> {
  return new Set(
    files
      .flatMap((file) => [file.path, ...(file.oldPath === undefined ? [] : [file.oldPath])])
      .map((path) => showPath(path).path),
  );
}

/** What a merge of two changes, and the files that both touch, say of the pair. */
export function judgePair(a: PairSide, b: PairSide, merge: PairOutcome): PairFinding {
  const duplicate = a.treeId === b.treeId;
  const shared = [...a.paths].filter((path) => b.paths.has(path)).sort();
  const conflicts = conflictsOf(merge);
  const conflicting = new Set(conflicts.map((item) => item.path));
  const evidence = [
    ...conflicts,
    ...shared
      .filter((path) => !conflicting.has(path))
      .map((path): PairEvidence => ({ level: 'FILE', path, conflict: '' })),
  ];
  const level: OverlapLevel = conflicts.some((item) => item.level === 'TEXTUAL')
    ? 'TEXTUAL'
    : evidence.length > 0
      ? 'FILE'
      : 'NONE';
  return {
    level,
    duplicate,
    paths: [...new Set(evidence.map((item) => item.path).filter((path) => path !== ''))].slice(0, MAX_EVIDENCE),
    evidence: evidence.slice(0, MAX_EVIDENCE),
  };
}

function conflictsOf(merge: PairOutcome): PairEvidence[] {
  if (merge === 'unknown') return [{ level: 'FILE', path: '', conflict: UNDECIDED }];
  if (merge.clean) return [];
  const byPath = new Map<string, string>();
  for (const message of merge.messages) {
    if (!message.type.startsWith('CONFLICT')) continue;
    for (const path of message.paths) byPath.set(showPath(path).path, message.type);
  }
  for (const path of merge.paths) {
    const shown = showPath(path).path;
    if (!byPath.has(shown)) byPath.set(shown, 'CONFLICT');
  }
  return [...byPath].map(([path, conflict]) => ({ level: 'TEXTUAL', path, conflict }));
}
