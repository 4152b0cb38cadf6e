import { Controller } from '@nestjs/common';
import { GrpcMethod, GrpcStreamMethod } from '@nestjs/microservices';
import type {
  OpenAttemptRequest,
  OpenAttemptResponse,
  PackChunk,
  ReadPackRequest,
  ResolveCommitRequest,
  ResolveCommitResponse,
  StoreCheckpointRequest,
  StoreCheckpointResponse,
  StoreConversationRequest,
  StoreConversationResponse,
  SyncRepositoryRequest,
  SyncRepositoryResponse,
} from '@heddle/contracts/internal';
import { CheckpointService } from './checkpoint.service.js';
import { ConversationService } from './conversation.service.js';
import { PackReader } from './pack-reader.js';
import { RepositorySyncService } from './repository-sync.service.js';

@Controller()
export class GitStoreController {
  constructor(
    private readonly repositories: RepositorySyncService,
    private readonly checkpoints: CheckpointService,
    private readonly conversations: ConversationService,
    private readonly packs: PackReader,
  ) {}

  @GrpcMethod('GitStoreService', 'SyncRepository')
  sync(request: SyncRepositoryRequest): Promise<SyncRepositoryResponse> {
    return this.repositories.sync(request);
  }

  @GrpcMethod('GitStoreService', 'ResolveCommit')
  resolve(request: ResolveCommitRequest): Promise<ResolveCommitResponse> {
    return this.repositories.resolve(request);
  }

  @GrpcMethod('GitStoreService', 'OpenAttempt')
  async openAttempt(request: OpenAttemptRequest): Promise<OpenAttemptResponse> {
    await this.checkpoints.openAttempt(request);
    await this.conversations.dropOlder(request);
    return {};
  }

  @GrpcMethod('GitStoreService', 'ReadPack')
  readPack(request: ReadPackRequest): AsyncGenerator<PackChunk> {
    return this.packs.read(request);
  }

  @GrpcStreamMethod('GitStoreService', 'StoreCheckpoint')
  storeCheckpoint(parts: AsyncIterable<StoreCheckpointRequest>): Promise<StoreCheckpointResponse> {
    return this.checkpoints.store(parts);
  }

  @GrpcStreamMethod('GitStoreService', 'StoreConversation')
  storeConversation(parts: AsyncIterable<StoreConversationRequest>): Promise<StoreConversationResponse> {
    return this.conversations.store(parts);
  }
}
