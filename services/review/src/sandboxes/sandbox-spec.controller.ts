import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import {
  SandboxOwner_Kind,
  type GetSandboxSecretsRequest,
  type GetSandboxSecretsResponse,
  type GetSandboxSpecRequest,
  type RecordEgressResponse,
  type SandboxOwner,
  type SandboxSpec,
} from '@heddle/contracts/internal';
import { LandingSpecService } from '../landings/landing-spec.service.js';
import { TrialSpecService } from '../trials/trial-spec.service.js';

/** What runners ask of sandboxes whose owners are review's. */
@Controller()
export class SandboxSpecController {
  constructor(
    private readonly landings: LandingSpecService,
    private readonly trials: TrialSpecService,
  ) {}

  @GrpcMethod('SandboxSpecService', 'GetSandboxSpec')
  spec(request: GetSandboxSpecRequest): Promise<SandboxSpec> {
    return this.specsOf(request.owner).get(request);
  }

  @GrpcMethod('SandboxSpecService', 'GetSandboxSecrets')
  async secrets({ owner }: GetSandboxSecretsRequest): Promise<GetSandboxSecretsResponse> {
    return { secrets: await this.specsOf(owner).secretsOf(owner), model: undefined };
  }

  /** Such owners show no requests to the network: their checks can make none, those of a set-up are in their logs. */
  @GrpcMethod('SandboxSpecService', 'RecordEgress')
  recordEgress(): RecordEgressResponse {
    return {};
  }

  private specsOf(owner: SandboxOwner | undefined): LandingSpecService | TrialSpecService {
    return owner?.kind === SandboxOwner_Kind.TRIAL ? this.trials : this.landings;
  }
}
