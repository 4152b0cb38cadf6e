import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  Change,
  DownloadChunk,
  DownloadPatchRequest,
  GetChangeRequest,
  GetDiffRequest,
  GetDiffResponse,
  ListChangeFilesRequest,
  ListChangeFilesResponse,
  ListChangesRequest,
  ListChangesResponse,
} from '@heddle/contracts';
import { ReviewQueueService } from '../triage/review-queue.service.js';
import { ChangeDiffService } from './change-diff.service.js';
import { ChangeService } from './change.service.js';

@Controller()
export class ChangeController {
  constructor(
    private readonly changes: ChangeService,
    private readonly diffs: ChangeDiffService,
    private readonly queue: ReviewQueueService,
  ) {}

  @GrpcMethod('ChangeService', 'GetChange')
  get(request: GetChangeRequest): Promise<Change> {
    return this.changes.get(request.id);
  }

  @GrpcMethod('ChangeService', 'ListChanges')
  list(request: ListChangesRequest): Promise<ListChangesResponse> {
    return request.orderBy === '' ? this.changes.list(request) : this.queue.list(request);
  }

  @GrpcMethod('ChangeService', 'ListChangeFiles')
  listFiles(request: ListChangeFilesRequest): Promise<ListChangeFilesResponse> {
    return this.changes.listFiles(request);
  }

  @GrpcMethod('ChangeService', 'GetDiff')
  getDiff(request: GetDiffRequest): Promise<GetDiffResponse> {
    return this.diffs.get(request);
  }

  @GrpcMethod('ChangeService', 'DownloadPatch')
  downloadPatch(request: DownloadPatchRequest): AsyncGenerator<DownloadChunk> {
    return this.diffs.download(request);
  }
}
