import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { CreateReconcileTaskRequest, CreateReconcileTaskResponse } from '@heddle/contracts/internal';
import { ReconcileTaskService } from './reconcile-task.service.js';

@Controller()
export class ReconcileTaskController {
  constructor(private readonly tasks: ReconcileTaskService) {}

  @GrpcMethod('ReconcileTaskService', 'CreateReconcileTask')
  create(request: CreateReconcileTaskRequest): Promise<CreateReconcileTaskResponse> {
    return this.tasks.create(request);
  }
}
