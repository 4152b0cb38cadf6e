import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { AttestCriterionRequest, Criterion, ListCriteriaRequest, ListCriteriaResponse } from '@heddle/contracts';
import { CriterionService } from './criterion.service.js';

@Controller()
export class CriterionController {
  constructor(private readonly criteria: CriterionService) {}

  @GrpcMethod('ChangeService', 'ListCriteria')
  async list(request: ListCriteriaRequest): Promise<ListCriteriaResponse> {
    return { criteria: await this.criteria.list(request.changeId) };
  }

  @GrpcMethod('ChangeService', 'AttestCriterion')
  attest(request: AttestCriterionRequest): Promise<Criterion> {
    return this.criteria.attest(request);
  }
}
