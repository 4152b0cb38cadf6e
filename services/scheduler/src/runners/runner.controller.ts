import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { ReportRunnerRequest, ReportRunnerResponse } from '@heddle/contracts/internal';
import { RunnerService } from './runner.service.js';

@Controller()
export class RunnerController {
  constructor(private readonly runners: RunnerService) {}

  @GrpcMethod('RunnerRegistryService', 'ReportRunner')
  report(request: ReportRunnerRequest): Promise<ReportRunnerResponse> {
    return this.runners.report(request);
  }
}
