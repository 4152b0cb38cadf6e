import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { CompareChangesRequest, CompareChangesResponse } from '@heddle/contracts';
import { ComparisonService } from './comparison.service.js';

@Controller()
export class ComparisonController {
  constructor(private readonly comparisons: ComparisonService) {}

  @GrpcMethod('ChangeService', 'CompareChanges')
  compare(request: CompareChangesRequest): Promise<CompareChangesResponse> {
    return this.comparisons.compare(request);
  }
}
