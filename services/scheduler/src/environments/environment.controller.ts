import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  CreateEnvironmentRequest,
  Environment,
  GetEnvironmentRequest,
  ListEnvironmentsRequest,
  ListEnvironmentsResponse,
  ResetEnvironmentCacheRequest,
  UpdateEnvironmentRequest,
} from '@heddle/contracts';
import { EnvironmentService } from './environment.service.js';

@Controller()
export class EnvironmentController {
  constructor(private readonly environments: EnvironmentService) {}

  @GrpcMethod('EnvironmentService', 'CreateEnvironment')
  create(request: CreateEnvironmentRequest): Promise<Environment> {
    return this.environments.create(request);
  }

  @GrpcMethod('EnvironmentService', 'GetEnvironment')
  get(request: GetEnvironmentRequest): Promise<Environment> {
    return this.environments.get(request.id, request.version);
  }

  @GrpcMethod('EnvironmentService', 'ListEnvironments')
  list(request: ListEnvironmentsRequest): Promise<ListEnvironmentsResponse> {
    return this.environments.list(request);
  }

  @GrpcMethod('EnvironmentService', 'UpdateEnvironment')
  update(request: UpdateEnvironmentRequest): Promise<Environment> {
    return this.environments.update(request);
  }

  @GrpcMethod('EnvironmentService', 'ResetEnvironmentCache')
  resetCache(request: ResetEnvironmentCacheRequest): Promise<Environment> {
    return this.environments.resetCache(request);
  }
}
