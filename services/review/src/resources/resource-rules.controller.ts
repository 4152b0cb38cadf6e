import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { GetResourceRulesRequest, ResourceRules, SetResourceRulesRequest } from '@heddle/contracts';
import { ResourceRulesService } from './resource-rules.service.js';

@Controller()
export class ResourceRulesController {
  constructor(private readonly rules: ResourceRulesService) {}

  @GrpcMethod('ResourceRulesService', 'GetResourceRules')
  get(request: GetResourceRulesRequest): Promise<ResourceRules> {
    return this.rules.get(request.repositoryId);
  }

  @GrpcMethod('ResourceRulesService', 'SetResourceRules')
  set(request: SetResourceRulesRequest): Promise<ResourceRules> {
    return this.rules.set(request);
  }
}
