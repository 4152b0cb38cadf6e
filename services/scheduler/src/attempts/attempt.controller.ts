import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  ApprovePlanRequest,
  Attempt,
  CancelAttemptRequest,
  CreateAttemptRequest,
  GetAttemptRequest,
  GetPlanRequest,
  ListAttemptsRequest,
  ListAttemptsResponse,
  ListCheckResultsRequest,
  ListCheckResultsResponse,
  PauseAttemptRequest,
  Plan,
  RaiseAttemptBudgetRequest,
  ResumeAttemptRequest,
  WaitAttemptRequest,
} from '@heddle/contracts';
import type {
  GetSandboxSpecRequest,
  ListEvidenceRequest,
  ListEvidenceResponse,
  SandboxSpec,
} from '@heddle/contracts/internal';
import { AttemptService } from './attempt.service.js';
import { PlanService } from './plan.service.js';
import { SandboxSpecService } from './sandbox-spec.service.js';

@Controller()
export class AttemptController {
  constructor(
    private readonly attempts: AttemptService,
    private readonly specs: SandboxSpecService,
    private readonly plans: PlanService,
  ) {}

  @GrpcMethod('AttemptService', 'CreateAttempt')
  create(request: CreateAttemptRequest): Promise<Attempt> {
    return this.attempts.create(request);
  }

  @GrpcMethod('AttemptService', 'GetAttempt')
  get(request: GetAttemptRequest): Promise<Attempt> {
    return this.attempts.get(request.id);
  }

  @GrpcMethod('AttemptService', 'ListAttempts')
  list(request: ListAttemptsRequest): Promise<ListAttemptsResponse> {
    return this.attempts.list(request);
  }

  @GrpcMethod('AttemptService', 'CancelAttempt')
  cancel(request: CancelAttemptRequest): Promise<Attempt> {
    return this.attempts.cancel(request.id);
  }

  @GrpcMethod('AttemptService', 'PauseAttempt')
  pause(request: PauseAttemptRequest): Promise<Attempt> {
    return this.attempts.pause(request.id, true);
  }

  @GrpcMethod('AttemptService', 'ResumeAttempt')
  resume(request: ResumeAttemptRequest): Promise<Attempt> {
    return this.attempts.pause(request.id, false);
  }

  @GrpcMethod('AttemptService', 'RaiseAttemptBudget')
  raiseBudget(request: RaiseAttemptBudgetRequest): Promise<Attempt> {
    return this.attempts.raiseBudget(request);
  }

  @GrpcMethod('AttemptService', 'WaitAttempt')
  wait(request: WaitAttemptRequest): Promise<Attempt> {
    return this.attempts.wait(request.id, request.timeout);
  }

  @GrpcMethod('AttemptService', 'GetPlan')
  plan(request: GetPlanRequest): Promise<Plan> {
    return this.plans.get(request.id);
  }

  @GrpcMethod('AttemptService', 'ApprovePlan')
  approvePlan(request: ApprovePlanRequest): Promise<Attempt> {
    return this.plans.approve(request);
  }

  @GrpcMethod('AttemptService', 'ListCheckResults')
  async checks(request: ListCheckResultsRequest): Promise<ListCheckResultsResponse> {
    return { checks: await this.attempts.checks(request.id) };
  }

  @GrpcMethod('EvidenceService', 'ListEvidence')
  evidence(request: ListEvidenceRequest): Promise<ListEvidenceResponse> {
    return this.attempts.evidence(request.attemptId);
  }

  @GrpcMethod('SandboxSpecService', 'GetSandboxSpec')
  spec(request: GetSandboxSpecRequest): Promise<SandboxSpec> {
    return this.specs.get(request);
  }
}
