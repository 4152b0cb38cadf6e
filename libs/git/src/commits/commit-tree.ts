import type { GitLocation } from '../process/environment.js';
import { gitLine } from '../process/run-git.js';

export interface Identity {
  readonly name: string;
  readonly email: string;
}

/** Who writes the platform's commits (checkpoints, merges). */
export const PLATFORM_IDENTITY: Identity = { name: 'Heddle', email: 'heddle@localhost' };

export interface NewCommit extends GitLocation {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  /** From the row, never from a clock: the same input gives the same commit id. */
  readonly date: Date;
  readonly author?: Identity;
  readonly committer?: Identity;
  readonly signal?: AbortSignal;
}

/** Writes a commit object and returns its id. */
export async function commitTree(commit: NewCommit): Promise<string> {
  const seconds = Math.floor(commit.date.getTime() / 1000);
  const committer = commit.committer ?? PLATFORM_IDENTITY;
  const body = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${stamp(commit.author ?? committer, seconds)}`,
    `committer ${stamp(committer, seconds)}`,
    '',
    `${commit.message.replaceAll('\0', '').trimEnd()}\n`,
  ].join('\n');
  return gitLine(['hash-object', '-t', 'commit', '-w', '--stdin'], { ...commit, input: body });
}

function stamp(identity: Identity, seconds: number): string {
  const clean = (word: string): string => word.replaceAll(/[\u0000-\u001f<>]/g, '').trim();
  return `${clean(identity.name) || 'unknown'} <${clean(identity.email)}> ${String(seconds)} +0000`;
}
