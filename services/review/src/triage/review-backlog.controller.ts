import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { ListReviewBacklogsResponse } from '@heddle/contracts/internal';
import { ReviewQueueService } from './review-queue.service.js';

@Controller()
export class ReviewBacklogController {
  constructor(private readonly queue: ReviewQueueService) {}

  @GrpcMethod('ReviewBacklogService', 'ListReviewBacklogs')
  async list(): Promise<ListReviewBacklogsResponse> {
    return { backlogs: await this.queue.backlogs() };
  }
}
