import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  CreateLandingRequest,
  EjectLandingRequest,
  ExplainLandingRequest,
  GetLandingRequest,
  Landing,
  LandingExplanation,
  ListLandingsRequest,
  ListLandingsResponse,
  MoveLandingRequest,
  Preflight,
  PreflightChangeRequest,
  RevertLandingRequest,
  WaitLandingRequest,
} from '@heddle/contracts';
import { LandingOrder } from './landing-order.js';
import { LandingService } from './landing.service.js';
import { PreflightService } from './preflight.service.js';
import { RevertService } from './revert.service.js';

@Controller()
export class LandingController {
  constructor(
    private readonly landings: LandingService,
    private readonly order: LandingOrder,
    private readonly reverts: RevertService,
    private readonly preflights: PreflightService,
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

  @GrpcMethod('LandingService', 'MoveLanding')
  move(request: MoveLandingRequest): Promise<Landing> {
    return this.order.move(request);
  }

  @GrpcMethod('LandingService', 'RevertLanding')
  revert(request: RevertLandingRequest): Promise<Landing> {
    return this.reverts.revert(request);
  }

  @GrpcMethod('LandingService', 'ExplainLanding')
  explain(request: ExplainLandingRequest): Promise<LandingExplanation> {
    return this.preflights.explain(request.id);
  }

  @GrpcMethod('ChangeService', 'PreflightChange')
  preflight(request: PreflightChangeRequest): Promise<Preflight> {
    return this.preflights.preflight(request);
  }
}
