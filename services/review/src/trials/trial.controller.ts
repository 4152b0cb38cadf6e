import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { GetTrialRequest, Trial } from '@heddle/contracts/internal';
import { TrialService } from './trial.service.js';

@Controller()
export class TrialController {
  constructor(private readonly trials: TrialService) {}

  @GrpcMethod('TrialService', 'GetTrial')
  get({ id }: GetTrialRequest): Promise<Trial> {
    return this.trials.show(id);
  }
}
