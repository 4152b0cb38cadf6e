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
import { LandingService } from './landing.service.js';

@Controller()
export class LandingController {
  constructor(private readonly landings: LandingService) {}

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
}
