import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  CancelJobRequest,
  GetJobRequest,
  Job,
  ListJobsRequest,
  ListJobsResponse,
  ValidateEnvironmentRequest,
  WaitJobRequest,
} from '@heddle/contracts';
import { JobService } from './job.service.js';

@Controller()
export class JobController {
  constructor(private readonly jobs: JobService) {}

  @GrpcMethod('EnvironmentService', 'ValidateEnvironment')
  validate(request: ValidateEnvironmentRequest): Promise<Job> {
    return this.jobs.validateEnvironment(request);
  }

  @GrpcMethod('JobService', 'GetJob')
  get(request: GetJobRequest): Promise<Job> {
    return this.jobs.get(request.id);
  }

  @GrpcMethod('JobService', 'ListJobs')
  list(request: ListJobsRequest): Promise<ListJobsResponse> {
    return this.jobs.list(request);
  }

  @GrpcMethod('JobService', 'CancelJob')
  cancel(request: CancelJobRequest): Promise<Job> {
    return this.jobs.cancel(request);
  }

  @GrpcMethod('JobService', 'WaitJob')
  wait(request: WaitJobRequest): Promise<Job> {
    return this.jobs.wait(request.id, request.timeout);
  }
}
