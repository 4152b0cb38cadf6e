import type { Identity } from './commit-tree.js';
import type { GitLocation } from '../process/environment.js';
import { askObject } from '../process/object-queries.js';

/** The headers and the message of a commit as latin1 text; undefined where there is no such commit. */
export async function readCommit(at: GitLocation, id: string, signal?: AbortSignal): Promise<string | undefined> {
  const found = await askObject(at, id, true, signal);
  return found?.type === 'commit' ? found.content.toString('latin1') : undefined;
}

/** Who wrote a commit, from its text by `readCommit`; undefined where it does not say. */
export function authorOf(commit: string): Identity | undefined {
  const [head = ''] = commit.split('\n\n', 1);
  const found = /^author (.*) <(.*)> -?\d+ [-+]\d+$/m.exec(head);
  const bytes = (latin1 = ''): string => Buffer.from(latin1, 'latin1').toString('utf8');
  return found === null ? undefined : { name: bytes(found[1]), email: bytes(found[2]) };
}

/** The parents that a commit names, in their order; none where there is no such commit. */
export async function parentsOf(at: GitLocation, id: string, signal?: AbortSignal): Promise<string[]> {
  const [headers = ''] = ((await readCommit(at, id, signal)) ?? '').split('\n\n', 1);
  return [...headers.matchAll(/^parent ([0-9a-f]+)$/gm)].map((match) => match[1] ?? '');
}
