import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  Batch,
  CancelBatchRequest,
  CreateBatchRequest,
  GetBatchRequest,
  ListBatchesRequest,
  ListBatchesResponse,
  RaiseBatchBudgetRequest,
  WaitBatchRequest,
} from '@heddle/contracts';
import { BatchService } from './batch.service.js';

@Controller()
export class BatchController {
  constructor(private readonly batches: BatchService) {}

  @GrpcMethod('BatchService', 'CreateBatch')
  create(request: CreateBatchRequest): Promise<Batch> {
    return this.batches.create(request);
  }

  @GrpcMethod('BatchService', 'GetBatch')
  get(request: GetBatchRequest): Promise<Batch> {
    return this.batches.get(request.id);
  }

  @GrpcMethod('BatchService', 'ListBatches')
  list(request: ListBatchesRequest): Promise<ListBatchesResponse> {
    return this.batches.list(request);
  }

  @GrpcMethod('BatchService', 'CancelBatch')
  cancel(request: CancelBatchRequest): Promise<Batch> {
    return this.batches.cancel(request.id);
  }

  @GrpcMethod('BatchService', 'RaiseBatchBudget')
  raiseBudget(request: RaiseBatchBudgetRequest): Promise<Batch> {
    return this.batches.raiseBudget(request);
  }

  @GrpcMethod('BatchService', 'WaitBatch')
  wait(request: WaitBatchRequest): Promise<Batch> {
    return this.batches.wait(request.id, request.timeout);
  }
}
