import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { ListOverlapsRequest, ListOverlapsResponse } from '@heddle/contracts';
import { OverlapService } from './overlap.service.js';

@Controller()
export class OverlapController {
  constructor(private readonly overlaps: OverlapService) {}

  @GrpcMethod('OverlapService', 'ListOverlaps')
  list(request: ListOverlapsRequest): Promise<ListOverlapsResponse> {
    return this.overlaps.list(request);
  }
}
