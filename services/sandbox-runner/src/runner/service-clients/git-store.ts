import {
  GitStoreServiceClient,
  type CheckpointHeader,
  type ConversationHeader,
  type StoreCheckpointResponse,
} from '@heddle/contracts/internal';
import { createGrpcClient } from '@heddle/platform/grpc-client';

const UPLOAD_DEADLINE_MS = 600_000;
const CHUNK_BYTES = 256 * 1024;

/** Review's git store, as far as a runner uses it. */
export interface GitStore {
  /** @param conversationCommit of the conversation that the turn goes on with; empty: of none */
  openAttempt(repositoryId: string, attemptId: string, fence: number, conversationCommit: string): Promise<void>;
  readPack(repositoryId: string, want: string, haves: readonly string[]): AsyncIterable<Uint8Array>;
  storeCheckpoint(header: CheckpointHeader, pack: AsyncIterable<Uint8Array>): Promise<StoreCheckpointResponse>;
  /** @throws HeddleError FENCE_SUPERSEDED */
  storeConversation(header: ConversationHeader, pack: AsyncIterable<Uint8Array>): Promise<void>;
  close(): void;
}

export function createGitStore(address: string, internalToken: string): GitStore {
  const client = createGrpcClient(GitStoreServiceClient, address, { internalToken });
  return {
    async openAttempt(repositoryId, attemptId, fence, conversationCommit) {
      await client.openAttempt({ repositoryId, attemptId, fence: String(fence), conversationCommit });
    },
    async *readPack(repositoryId, want, haves) {
      for await (const chunk of client.readPack({ repositoryId, want, haves: [...haves] })) yield chunk.data;
    },
    storeCheckpoint(header, pack) {
      return client.storeCheckpoint(parts(header, pack), { deadlineMs: UPLOAD_DEADLINE_MS });
    },
    async storeConversation(header, pack) {
      await client.storeConversation(parts(header, pack), { deadlineMs: UPLOAD_DEADLINE_MS });
    },
    close() {
      client.close();
    },
  };
}

async function* parts<T>(header: T, pack: AsyncIterable<Uint8Array>): AsyncGenerator<{ header?: T; pack?: Buffer }> {
  yield { header };
  for await (const bytes of pack) {
    for (let start = 0; start < bytes.length; start += CHUNK_BYTES)
      yield { pack: Buffer.from(bytes.subarray(start, start + CHUNK_BYTES)) };
  }
}
