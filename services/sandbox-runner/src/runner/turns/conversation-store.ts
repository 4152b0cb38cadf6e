import { mkdir, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HeddleError } from '@heddle/domain';
import {
  commitTree,
  createPack,
  emptyTree,
  hashBlobs,
  layOut,
  materialise,
  takePack,
  writeTree,
  type ProcessLimits,
} from '@heddle/git';
import { whileUnavailable } from '../activities/while-unavailable.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import type { GitStore } from '../service-clients/git-store.js';
import type { ConversationFile } from './conversation-files.js';

const LIMITS: ProcessLimits = { cpuSeconds: 300, memoryBytes: 2 * 1024 * 1024 * 1024 };

export interface ConversationOfTurn {
  /** Names the directory that is worked in. */
  readonly turn: number;
  readonly files: readonly ConversationFile[];
  /** Unix milliseconds; the same files at the same time are the same commit. */
  readonly at: number;
  readonly signal: AbortSignal;
}

/** Stores the files with review, as a commit of their own. @returns its id */
export async function storeConversation(
  sandbox: Sandbox,
  store: GitStore,
  { turn, files, at, signal }: ConversationOfTurn,
): Promise<string> {
  const { format } = sandbox.base;
  const gitDir = join(sandbox.directory.path, 'conversations', String(turn));
  await rm(gitDir, { recursive: true, force: true });
  await mkdir(gitDir, { recursive: true, mode: 0o700 });
  await layOut(gitDir, { format });
  const ids = await hashBlobs({ gitDir, files: files.map(({ source }) => source), limits: LIMITS, signal });
  const edits = files.map(({ path }, index) => {
    return { kind: 'put', path: Buffer.from(path, 'latin1'), mode: '100644', id: ids[index] ?? '' } as const;
  });
  const tree = await writeTree({ gitDir, base: emptyTree(format), edits, signal });
  const message = `Conversation of an agent\n\nHeddle-Attempt: ${sandbox.owner.id}\n`;
  const commit = await commitTree({ gitDir, tree, parents: [], message, date: new Date(at) });
  const header = {
    repositoryId: sandbox.spec.repositoryId,
    attemptId: sandbox.owner.id,
    fence: String(sandbox.owner.fence),
    commit,
  };
  await whileUnavailable(signal, async () => {
    const { stream, done } = await createPack({ gitDir, wants: [commit], haves: [] });
    await store.storeConversation(header, wholePack(stream as AsyncIterable<Uint8Array>, done));
  });
  await rm(gitDir, { recursive: true, force: true });
  return commit;
}

/** A directory with the files of a stored conversation; undefined where the store does not have it. */
export async function fetchConversation(
  sandbox: Sandbox,
  store: GitStore,
  commit: string,
  bootId: string,
): Promise<string | undefined> {
  const directory = join(sandbox.directory.path, `conversation-${bootId}`);
  if (existsSync(directory)) return join(directory, 'files');
  const draft = `${directory}.new`;
  const gitDir = join(draft, 'git');
  const into = join(draft, 'files');
  await rm(draft, { recursive: true, force: true });
  await mkdir(into, { recursive: true, mode: 0o755 });
  await mkdir(gitDir, { mode: 0o700 });
  await layOut(gitDir, { format: sandbox.base.format });
  try {
    await takePack({ store: gitDir, pack: store.readPack(sandbox.spec.repositoryId, commit, []), commit });
  } catch (error) {
    if (HeddleError.is(error) && error.reason === 'REF_NOT_FOUND') return undefined;
    throw error;
  }
  await materialise({ gitDir, base: emptyTree(sandbox.base.format), target: commit, into });
  await rm(gitDir, { recursive: true, force: true });
  await rename(draft, directory);
  return join(directory, 'files');
}

async function* wholePack(stream: AsyncIterable<Uint8Array>, done: Promise<void>): AsyncGenerator<Uint8Array> {
  yield* stream;
  await done;
}
