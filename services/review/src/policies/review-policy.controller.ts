import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { GetReviewPolicyRequest, ReviewPolicy, UpdateReviewPolicyRequest } from '@heddle/contracts';
import { ReviewPolicyService } from './review-policy.service.js';

@Controller()
export class ReviewPolicyController {
  constructor(private readonly policies: ReviewPolicyService) {}

  @GrpcMethod('ReviewPolicyService', 'GetReviewPolicy')
  get(request: GetReviewPolicyRequest): Promise<ReviewPolicy> {
    return this.policies.get(request.repositoryId);
  }

  @GrpcMethod('ReviewPolicyService', 'UpdateReviewPolicy')
  update(request: UpdateReviewPolicyRequest): Promise<ReviewPolicy> {
    return this.policies.update(request);
  }
}
