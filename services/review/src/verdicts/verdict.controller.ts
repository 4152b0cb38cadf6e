import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  CreateVerdictRequest,
  DismissVerdictRequest,
  ListVerdictsRequest,
  ListVerdictsResponse,
  Verdict,
} from '@heddle/contracts';
import { VerdictService } from './verdict.service.js';

@Controller()
export class VerdictController {
  constructor(private readonly verdicts: VerdictService) {}

  @GrpcMethod('ChangeService', 'CreateVerdict')
  create(request: CreateVerdictRequest): Promise<Verdict> {
    return this.verdicts.create(request);
  }

  @GrpcMethod('ChangeService', 'ListVerdicts')
  list(request: ListVerdictsRequest): Promise<ListVerdictsResponse> {
    return this.verdicts.list(request.changeId);
  }

  @GrpcMethod('ChangeService', 'DismissVerdict')
  dismiss(request: DismissVerdictRequest): Promise<Verdict> {
    return this.verdicts.dismiss(request);
  }
}
