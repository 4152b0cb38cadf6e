import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  GetLandingQueueRequest,
  LandingQueue,
  ListLandingQueuesRequest,
  ListLandingQueuesResponse,
  PauseLandingQueueRequest,
  ResumeLandingQueueRequest,
  UpdateLandingQueueRequest,
} from '@heddle/contracts';
import { LandingQueueService } from './landing-queue.service.js';

@Controller()
export class LandingQueueController {
  constructor(private readonly queues: LandingQueueService) {}

  @GrpcMethod('LandingQueueService', 'GetLandingQueue')
  get(request: GetLandingQueueRequest): Promise<LandingQueue> {
    return this.queues.get(request.id);
  }

  @GrpcMethod('LandingQueueService', 'ListLandingQueues')
  list(request: ListLandingQueuesRequest): Promise<ListLandingQueuesResponse> {
    return this.queues.list(request);
  }

  @GrpcMethod('LandingQueueService', 'UpdateLandingQueue')
  update(request: UpdateLandingQueueRequest): Promise<LandingQueue> {
    return this.queues.update(request);
  }

  @GrpcMethod('LandingQueueService', 'PauseLandingQueue')
  pause(request: PauseLandingQueueRequest): Promise<LandingQueue> {
    return this.queues.pause(request);
  }

  @GrpcMethod('LandingQueueService', 'ResumeLandingQueue')
  resume(request: ResumeLandingQueueRequest): Promise<LandingQueue> {
    return this.queues.resume(request.id);
  }
}
