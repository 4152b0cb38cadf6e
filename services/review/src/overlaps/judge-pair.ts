import {
  OVERLAP_LEVELS,
  resourceKind,
  sharedResources,
  strongest,
  type OverlapLevel,
  type ResourceKind,
  type ResourceKindOf,
} from '@heddle/domain';
import { showPath, type PairOutcome } from '@heddle/git';
import type { Uses } from './change-analysis.js';
import type { ChangeFacts } from './change-facts.js';
import { sharedEntities } from './judge-entities.js';

/** One thing that two changes have in common. */
export interface PairEvidence {
  readonly level: OverlapLevel;
  readonly path: string;
  /** git's word for it; empty where git merges. */
  readonly conflict: string;
  /** With the names of what it is in. */
  readonly entity?: string;
  readonly resource?: ResourceKind;
  /** In words for a person; `first` and `second` are the changes in the order of the pair. */
  readonly detail?: string;
  /** Where the other end of it is: a caller's file, the old name of a renamed file, the rival migration. */
  readonly otherPath?: string;
  /** Passes on each of the two and fails on both together. */
  readonly check?: string;
}

export interface PairFinding {
  readonly level: OverlapLevel;
  readonly duplicate: boolean;
  readonly paths: readonly string[];
  readonly evidence: readonly PairEvidence[];
}

/** One side of a pair. */
export interface PairSide extends ChangeFacts {
  readonly uses: Uses;
}

/** More than that is no help to anybody and only fills rows. */
export const MAX_EVIDENCE = 200;
const MAX_DETAIL = 300;
/** git could not decide the merge: never to be read as clean. */
const UNDECIDED = 'MERGE_UNDECIDED';
const NOTHING: PairFinding = { level: 'NONE', duplicate: false, paths: [], evidence: [] };

/**
 * What a merge of two changes, and what each of them does, say of the pair.
 * @param merge `apart`: nobody had to ask git
 */
export function judgePair(
  a: PairSide,
  b: PairSide,
  merge: PairOutcome | 'apart',
  kindOf: ResourceKindOf = resourceKind,
): PairFinding {
  // A reconciliation has its inputs in it: that is no overlap.
  if (a.parents.includes(b.commit) || b.parents.includes(a.commit)) return NOTHING;
  const found = [...conflictsOf(merge, a, b), ...resourcesOf(a, b, kindOf), ...sharedEntities(a, b)];
  const explained = new Set(found.map((item) => item.path));
  const evidence = [
    ...found.sort((one, other) => OVERLAP_LEVELS.indexOf(other.level) - OVERLAP_LEVELS.indexOf(one.level)),
    ...[...a.paths]
      .filter((path) => b.paths.has(path) && !explained.has(path))
      .sort()
      .map((path): PairEvidence => ({ level: 'FILE', path, conflict: '' })),
  ];
  return {
    level: strongest(evidence.map((item) => item.level)),
    duplicate: a.treeId === b.treeId || (a.digest !== '' && a.digest === b.digest),
    paths: [...new Set(evidence.map((item) => item.path).filter((path) => path !== ''))].slice(0, MAX_EVIDENCE),
    evidence: evidence.slice(0, MAX_EVIDENCE),
  };
}

function resourcesOf(a: PairSide, b: PairSide, kindOf: ResourceKindOf): PairEvidence[] {
  return sharedResources(a.touched, b.touched, kindOf).map(({ kind, path, otherPath }) => ({
    level: 'RESOURCE',
    path,
    conflict: '',
    resource: kind,
    ...(otherPath === undefined ? { detail: 'both change it' } : { otherPath, detail: 'both claim its number' }),
  }));
}

function conflictsOf(merge: PairOutcome | 'apart', a: PairSide, b: PairSide): PairEvidence[] {
  if (merge === 'unknown') return [{ level: 'FILE', path: '', conflict: UNDECIDED }];
  if (merge === 'apart' || merge.clean) return [];
  const evidence: PairEvidence[] = [];
  const known = new Set<string>();
  for (const { type, paths, text } of merge.messages) {
    if (!type.startsWith('CONFLICT')) continue;
    const shown = paths.map((path) => showPath(path).path);
    for (const path of shown) {
      if (known.has(`${type}\0${path}`)) continue;
      known.add(`${type}\0${path}`).add(path);
      const otherPath = a.renames.get(path) ?? b.renames.get(path) ?? shown.find((other) => other !== path);
      evidence.push({
        level: 'TEXTUAL',
        path,
        conflict: type,
        detail: sentence(text),
        ...(otherPath === undefined ? {} : { otherPath }),
      });
    }
  }
  for (const path of merge.paths) {
    const shown = showPath(path).path;
    if (!known.has(shown)) evidence.push({ level: 'TEXTUAL', path: shown, conflict: 'CONFLICT' });
  }
  return evidence;
}

/** Commit ids say nothing to a reader of a pair. */
function sentence(text: string): string {
  const line = text.replace(/^CONFLICT \([^)]*\): /, '').split('\n', 1)[0] ?? '';
  return line.replace(/\b[0-9a-f]{40,64}\b/g, 'a change').slice(0, MAX_DETAIL);
}
