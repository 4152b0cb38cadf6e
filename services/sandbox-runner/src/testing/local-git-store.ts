import { join } from 'node:path';
import { createPack, ensureBareStore, lookUp, runGit, takePack } from '@heddle/git';
import { HeddleError } from '@heddle/domain';
import type { CheckpointHeader, ConversationHeader, StoreCheckpointResponse } from '@heddle/contracts/internal';
import type { GitStore } from '../runner/service-clients/git-store.js';

/** Review's git store as one bare repository, with its rules for packs and without its service. */
export class LocalGitStore implements GitStore {
  readonly stored: CheckpointHeader[] = [];
  readonly conversations: ConversationHeader[] = [];
  readonly opened: string[] = [];

  private constructor(readonly gitDir: string) {}

  static async at(directory: string): Promise<LocalGitStore> {
    const gitDir = join(directory, 'store.git');
    await ensureBareStore(gitDir, 'sha1');
    return new LocalGitStore(gitDir);
  }

  /** Takes a commit of a work repository in, as a fetch would. */
  async importFrom(gitDir: string, commit: string): Promise<void> {
    const pack = await createPack({ gitDir, wants: [commit], haves: [] });
    // What git said is worth more than what the taker made of a broken stream.
    const taking = takePack({ store: this.gitDir, pack: pack.stream, commit });
    const outcomes = await Promise.allSettled([pack.done, taking]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  openAttempt(_repositoryId: string, attemptId: string, fence: number): Promise<void> {
    this.opened.push(`${attemptId}/${String(fence)}`);
    return Promise.resolve();
  }

  async *readPack(_repositoryId: string, want: string, haves: readonly string[]): AsyncGenerator<Uint8Array> {
    const [known] = await lookUp({ gitDir: this.gitDir }, [want]);
    if (known === undefined) throw new HeddleError('REF_NOT_FOUND', `The store has no commit ${want}`);
    const pack = await createPack({ gitDir: this.gitDir, wants: [want], haves });
    yield* pack.stream;
    await pack.done;
  }

  async storeCheckpoint(header: CheckpointHeader, pack: AsyncIterable<Uint8Array>): Promise<StoreCheckpointResponse> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of pack) chunks.push(chunk);
    if (chunks.length > 0) await takePack({ store: this.gitDir, pack: iterate(chunks), commit: header.commit });
    this.stored.push(header);
    const ref = `refs/heddle/attempts/${header.attemptId}/${header.fence}/${String(header.number)}`;
    return { ref, salvaged: false, changeId: header.final ? `change-${header.attemptId}` : '' };
  }

  async storeConversation(header: ConversationHeader, pack: AsyncIterable<Uint8Array>): Promise<void> {
    await takePack({ store: this.gitDir, pack, commit: header.commit });
    this.conversations.push(header);
  }

  close(): void {
    this.opened.length = 0;
  }

  /** `<mode> <path>` of every file of a commit. */
  async list(commit: string): Promise<string[]> {
    const { stdout } = await runGit(['ls-tree', '-r', '-z', commit], { gitDir: this.gitDir });
    return stdout
      .toString('latin1')
      .split('\0')
      .filter(Boolean)
      .map((entry) => `${entry.slice(0, 6)} ${entry.slice(entry.indexOf('\t') + 1)}`);
  }

  async read(commit: string, path: string): Promise<string> {
    const { stdout } = await runGit(['cat-file', 'blob', `${commit}:${path}`], { gitDir: this.gitDir });
    return stdout.toString('utf8');
  }
}

async function* iterate(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
