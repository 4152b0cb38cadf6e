import { join } from 'node:path';
import { formatOf } from '../names/object-id.js';
import { writeLooseObject } from './write-loose-object.js';

export interface Identity {
  readonly name: string;
  readonly email: string;
}

/** Who writes the platform's commits (checkpoints, merges). */
export const PLATFORM_IDENTITY: Identity = { name: 'Heddle', email: 'heddle@localhost' };

export interface NewCommit {
  readonly gitDir: string;
  /** Where the commit goes; default the one of `gitDir`. */
  readonly objectDirectory?: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  /** From the row, never from a clock: the same input gives the same commit id. */
  readonly date: Date;
  readonly author?: Identity;
  readonly committer?: Identity;
}

/** Writes a commit object and returns its id. The tree and the parents are taken as they are said. */
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
  return writeLooseObject(
    commit.objectDirectory ?? join(commit.gitDir, 'objects'),
    formatOf(commit.tree),
    'commit',
    Buffer.from(body),
  );
}

function stamp(identity: Identity, seconds: number): string {
  const clean = (word: string): string => word.replaceAll(/[\u0000-\u001f<>]/g, '').trim();
  return `${clean(identity.name) || 'unknown'} <${clean(identity.email)}> ${String(seconds)} +0000`;
}
