import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  CancelReconciliationRequest,
  CreateReconciliationRequest,
  GetReconciliationRequest,
  ListReconciliationsRequest,
  ListReconciliationsResponse,
  PlanReconciliationRequest,
  Reconciliation,
  ReconciliationPlan,
  WaitReconciliationRequest,
} from '@heddle/contracts';
import { ReconciliationPlanner } from './reconciliation-planner.js';
import { ReconciliationService } from './reconciliation.service.js';

@Controller()
export class ReconciliationController {
  constructor(
    private readonly planner: ReconciliationPlanner,
    private readonly reconciliations: ReconciliationService,
  ) {}

  @GrpcMethod('ReconciliationService', 'PlanReconciliation')
  plan(request: PlanReconciliationRequest): Promise<ReconciliationPlan> {
    return this.planner.plan(request);
  }

  @GrpcMethod('ReconciliationService', 'CreateReconciliation')
  create(request: CreateReconciliationRequest): Promise<Reconciliation> {
    return this.reconciliations.create(request);
  }

  @GrpcMethod('ReconciliationService', 'GetReconciliation')
  get(request: GetReconciliationRequest): Promise<Reconciliation> {
    return this.reconciliations.get(request.id);
  }

  @GrpcMethod('ReconciliationService', 'ListReconciliations')
  list(request: ListReconciliationsRequest): Promise<ListReconciliationsResponse> {
    return this.reconciliations.list(request);
  }

  @GrpcMethod('ReconciliationService', 'CancelReconciliation')
  cancel(request: CancelReconciliationRequest): Promise<Reconciliation> {
    return this.reconciliations.cancel(request);
  }

  @GrpcMethod('ReconciliationService', 'WaitReconciliation')
  wait(request: WaitReconciliationRequest): Promise<Reconciliation> {
    return this.reconciliations.wait(request.id, request.timeout);
  }
}
