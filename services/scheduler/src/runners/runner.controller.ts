import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  DrainRunnerRequest,
  GetRunnerRequest,
  ListRunnersRequest,
  ListRunnersResponse,
  Runner,
  UndrainRunnerRequest,
} from '@heddle/contracts';
import type { ReportRunnerRequest, ReportRunnerResponse } from '@heddle/contracts/internal';
import { RunnerService } from './runner.service.js';

@Controller()
export class RunnerController {
  constructor(private readonly runners: RunnerService) {}

  @GrpcMethod('RunnerRegistryService', 'ReportRunner')
  report(request: ReportRunnerRequest): Promise<ReportRunnerResponse> {
    return this.runners.report(request);
  }

  @GrpcMethod('RunnerService', 'GetRunner')
  get(request: GetRunnerRequest): Promise<Runner> {
    return this.runners.get(request.id);
  }

  @GrpcMethod('RunnerService', 'DrainRunner')
  drain(request: DrainRunnerRequest): Promise<Runner> {
    return this.runners.drain(request.id, true);
  }

  @GrpcMethod('RunnerService', 'UndrainRunner')
  undrain(request: UndrainRunnerRequest): Promise<Runner> {
    return this.runners.drain(request.id, false);
  }

  @GrpcMethod('RunnerService', 'ListRunners')
  list(request: ListRunnersRequest): Promise<ListRunnersResponse> {
    return this.runners.list(request);
  }
}
