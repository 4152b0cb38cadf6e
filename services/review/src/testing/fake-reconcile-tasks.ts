import { status, type sendUnaryData, type Server, type ServerUnaryCall } from '@grpc/grpc-js';
import { Attempt, Attempt_State, AttemptServiceService, Task, type GetAttemptRequest } from '@heddle/contracts';
import {
  ReconcileTaskServiceService,
  type CreateReconcileTaskRequest,
  type CreateReconcileTaskResponse,
} from '@heddle/contracts/internal';
import type { ReconciliationStep } from '@heddle/domain';
import { newId } from '@heddle/platform/ids';

interface AttemptFacts {
  readonly state: keyof typeof Attempt_State;
  readonly statusDetail: string;
}

const RUNNING: AttemptFacts = { state: 'RUNNING', statusDetail: '' };

/** What the scheduler would make of reconciliations: tasks, and attempts whose states the test says. */
export class FakeReconcileTasks {
  readonly requests: CreateReconcileTaskRequest[] = [];
  readonly cancelled: string[] = [];
  /** So many answers are lost after the work was done. */
  answersToLose = 0;
  private readonly made = new Map<string, CreateReconcileTaskResponse>();
  private readonly attempts = new Map<string, AttemptFacts>();

  static serve(server: Server, fake: () => FakeReconcileTasks): void {
    server.addService(ReconcileTaskServiceService, {
      createReconcileTask: (
        call: ServerUnaryCall<CreateReconcileTaskRequest, CreateReconcileTaskResponse>,
        answer: sendUnaryData<CreateReconcileTaskResponse>,
      ) => {
        fake().create(call.request, answer);
      },
    });
    server.addService(AttemptServiceService, {
      getAttempt: (call: ServerUnaryCall<GetAttemptRequest, Attempt>, answer: sendUnaryData<Attempt>) => {
        const { state, statusDetail } = fake().attempts.get(call.request.id) ?? RUNNING;
        answer(
          null,
          Attempt.fromPartial({
            id: call.request.id,
            state: Attempt_State[state],
            statusDetail,
            createTime: new Date(0),
          }),
        );
      },
    });
  }

  /** The task of a reconciliation's rung; undefined before it was asked for. */
  task(reconciliationId: string, step: ReconciliationStep): CreateReconcileTaskResponse | undefined {
    return this.made.get(`${reconciliationId}/${step}`);
  }

  ended(attemptId: string, state: keyof typeof Attempt_State, statusDetail = ''): void {
    this.attempts.set(attemptId, { state, statusDetail });
  }

  cancel(id: string): Task {
    this.cancelled.push(id);
    return Task.fromPartial({ id, createTime: new Date(0) });
  }

  private create(request: CreateReconcileTaskRequest, answer: sendUnaryData<CreateReconcileTaskResponse>): void {
    this.requests.push(request);
    const task = this.made.get(request.key) ?? { taskId: newId(), attemptId: newId() };
    this.made.set(request.key, task);
    if (this.answersToLose > 0) {
      this.answersToLose -= 1;
      answer({ code: status.UNAVAILABLE, details: 'lost' });
    } else answer(null, task);
  }
}
