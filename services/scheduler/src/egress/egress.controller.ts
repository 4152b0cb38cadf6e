import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { ListEgressRequestsRequest, ListEgressRequestsResponse } from '@heddle/contracts';
import type { RecordEgressRequest, RecordEgressResponse } from '@heddle/contracts/internal';
import { EgressRecorder } from './egress-recorder.service.js';
import { EgressService } from './egress.service.js';

@Controller()
export class EgressController {
  constructor(
    private readonly egress: EgressService,
    private readonly recorder: EgressRecorder,
  ) {}

  @GrpcMethod('AttemptService', 'ListEgressRequests')
  list(request: ListEgressRequestsRequest): Promise<ListEgressRequestsResponse> {
    return this.egress.list(request);
  }

  @GrpcMethod('SandboxSpecService', 'RecordEgress')
  async record(request: RecordEgressRequest): Promise<RecordEgressResponse> {
    await this.recorder.record(request);
    return {};
  }
}
