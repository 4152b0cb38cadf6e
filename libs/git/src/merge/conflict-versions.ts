import { nulFields } from '../process/nul-fields.js';
import { runGit } from '../process/run-git.js';
import type { MergeDirectory } from './merge-directory.js';
import { MERGE_LIMITS } from './merge-many.js';

/** A side of a file in a conflict. */
export interface FileVersion {
  readonly mode: string;
  /** Of its blob. */
  readonly id: string;
}

/** A path in a conflict, with what each side has there; of renamed files under the path that the merge has. */
export interface ConflictVersions {
  readonly path: Buffer;
  /** What the sides have in common; of several merge bases, what merging these gives. */
  readonly base?: FileVersion;
  readonly ours?: FileVersion;
  readonly theirs?: FileVersion;
}

const SIDES = ['base', 'ours', 'theirs'] as const;

/** What git would have of two commits in the index after their merge, of each path in conflict. Throws `GitError`. */
export async function conflictVersions(
  at: MergeDirectory,
  ours: string,
  theirs: string,
  signal?: AbortSignal,
): Promise<ConflictVersions[]> {
  const { stdout } = await runGit(['merge-tree', '--write-tree', '-z', '--no-messages', ours, theirs], {
    ...at,
    limits: MERGE_LIMITS,
    okCodes: [0, 1],
    signal,
  });
  const found = new Map<string, ConflictVersions>();
  // The first is the tree's id.
  for (const field of nulFields(stdout).slice(1)) {
    const tab = field.indexOf(9);
    const [mode = '', id = '', stage = ''] = field.subarray(0, tab).toString('latin1').split(' ');
    const side = SIDES[Number(stage) - 1];
    if (tab < 0 || side === undefined) continue;
    const path = field.subarray(tab + 1);
    const name = path.toString('latin1');
    found.set(name, { ...(found.get(name) ?? { path }), [side]: { mode, id } });
  }
  return [...found.values()];
}
