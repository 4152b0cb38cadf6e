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
import { ChangeDiffService } from './change-diff.service.js';
import { ChangeService } from './change.service.js';

@Controller()
export class ChangeController {
  constructor(
    private readonly changes: ChangeService,
    private readonly diffs: ChangeDiffService,
  ) {}

  @GrpcMethod('ChangeService', 'GetChange')
  get(request: GetChangeRequest): Promise<Change> {
    return this.changes.get(request.id);
  }

  @GrpcMethod('ChangeService', 'ListChanges')
  list(request: ListChangesRequest): Promise<ListChangesResponse> {
    return this.changes.list(request);
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
    return this.diffs.download(request.id);
  }
}
