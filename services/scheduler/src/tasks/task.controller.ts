import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  CancelTaskRequest,
  CreateTaskRequest,
  GetTaskRequest,
  ListTasksRequest,
  ListTasksResponse,
  RaiseTaskBudgetRequest,
  Task,
  WaitTaskRequest,
} from '@heddle/contracts';
import { TaskService } from './task.service.js';

@Controller()
export class TaskController {
  constructor(private readonly tasks: TaskService) {}

  @GrpcMethod('TaskService', 'CreateTask')
  create(request: CreateTaskRequest): Promise<Task> {
    return this.tasks.create(request);
  }

  @GrpcMethod('TaskService', 'GetTask')
  get(request: GetTaskRequest): Promise<Task> {
    return this.tasks.get(request.id);
  }

  @GrpcMethod('TaskService', 'ListTasks')
  list(request: ListTasksRequest): Promise<ListTasksResponse> {
    return this.tasks.list(request);
  }

  @GrpcMethod('TaskService', 'CancelTask')
  cancel(request: CancelTaskRequest): Promise<Task> {
    return this.tasks.cancel(request.id);
  }

  @GrpcMethod('TaskService', 'RaiseTaskBudget')
  raiseBudget(request: RaiseTaskBudgetRequest): Promise<Task> {
    return this.tasks.raiseBudget(request);
  }

  @GrpcMethod('TaskService', 'WaitTask')
  wait(request: WaitTaskRequest): Promise<Task> {
    return this.tasks.wait(request.id, request.timeout);
  }
}
