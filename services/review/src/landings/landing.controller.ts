import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  CreateLandingRequest,
  EjectLandingRequest,
  GetLandingRequest,
  Landing,
  ListLandingsRequest,
  ListLandingsResponse,
  WaitLandingRequest,
} from '@heddle/contracts';
import type {
  GetSandboxSecretsRequest,
  GetSandboxSecretsResponse,
  GetSandboxSpecRequest,
  RecordEgressResponse,
  SandboxSpec,
} from '@heddle/contracts/internal';
import { LandingService } from './landing.service.js';
import { LandingSpecService } from './landing-spec.service.js';

@Controller()
export class LandingController {
  constructor(
    private readonly landings: LandingService,
    private readonly specs: LandingSpecService,
  ) {}

  @GrpcMethod('LandingService', 'CreateLanding')
  create(request: CreateLandingRequest): Promise<Landing> {
    return this.landings.create(request);
  }

  @GrpcMethod('LandingService', 'GetLanding')
  get(request: GetLandingRequest): Promise<Landing> {
    return this.landings.get(request.id);
  }

  @GrpcMethod('LandingService', 'ListLandings')
  list(request: ListLandingsRequest): Promise<ListLandingsResponse> {
    return this.landings.list(request);
  }

  @GrpcMethod('LandingService', 'WaitLanding')
  wait(request: WaitLandingRequest): Promise<Landing> {
    return this.landings.wait(request.id, request.timeout);
  }

  @GrpcMethod('LandingService', 'EjectLanding')
  eject(request: EjectLandingRequest): Promise<Landing> {
    return this.landings.eject(request);
  }

  @GrpcMethod('SandboxSpecService', 'GetSandboxSpec')
  spec(request: GetSandboxSpecRequest): Promise<SandboxSpec> {
    return this.specs.get(request);
  }

  @GrpcMethod('SandboxSpecService', 'GetSandboxSecrets')
  async secrets({ owner }: GetSandboxSecretsRequest): Promise<GetSandboxSecretsResponse> {
    return { secrets: await this.specs.secretsOf(owner) };
  }

  /** A landing shows no requests to the network: its checks can make none, those of its set-up are in its log. */
  @GrpcMethod('SandboxSpecService', 'RecordEgress')
  recordEgress(): RecordEgressResponse {
    return {};
  }
}
