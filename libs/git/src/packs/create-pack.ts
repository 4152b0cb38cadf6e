import type { Readable } from 'node:stream';
import type { GitLocation } from '../process/environment.js';
import { feed } from '../process/run-git.js';
import { startGit } from '../process/start-git.js';
import { lookUp } from '../refs/read-refs.js';

export interface CreatePackOptions extends GitLocation {
  /** Commits whose history the receiver wants. */
  readonly wants: readonly string[];
  /** Commits that the receiver says it has; those this side does not know are passed over. */
  readonly haves: readonly string[];
  readonly signal?: AbortSignal;
}

export interface PackStream {
  readonly stream: Readable;
  /** Rejects with `GitError` when the pack is not whole; a reader must await it before it believes the bytes. */
  readonly done: Promise<void>;
}

/** A thin pack of what the receiver lacks, as a stream. */
export async function createPack(options: CreatePackOptions): Promise<PackStream> {
  const known = options.haves.length === 0 ? [] : await lookUp(options, options.haves, options.signal);
  const haves = known.flatMap((entry) => (entry === undefined ? [] : [entry.id]));
  const git = startGit(['pack-objects', '--revs', '--thin', '--stdout', '--delta-base-offset', '-q'], {
    ...options,
    timeoutMs: 1_800_000,
  });
  const input = [...options.wants, ...(haves.length > 0 ? ['--not', ...haves] : [])].map((row) => `${row}\n`).join('');
  await feed(git.stdin, input);
  return { stream: git.stdout, done: git.done.then(() => undefined) };
}
