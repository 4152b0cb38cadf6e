import { Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import {
  CheckResult,
  CheckResult_State,
  BatchServiceService,
  ListBatchesResponse,
  TaskServiceService,
  type Batch,
  type CancelTaskRequest,
  type GetBatchRequest,
  type ListBatchesRequest,
  type GetTaskRequest,
  type Task,
} from '@heddle/contracts';
import {
  EnvironmentSecretServiceService,
  EvidenceServiceService,
  GitCredentialServiceService,
  SandboxSpec,
  SandboxSpecServiceService,
  type GetGitCredentialRequest,
  type GetSandboxSecretsResponse,
  type GetSandboxSpecRequest,
  type GetSetupSecretsRequest,
  type GitCredential,
  ListEvidenceResponse,
  type ListEvidenceRequest,
} from '@heddle/contracts/internal';
import { FakeReconcileTasks } from './fake-reconcile-tasks.js';

/** What the scheduler would answer about attempts. */
export class FakeScheduler {
  /** Names of the checks that every task has. */
  checkNames: string[] = [];
  /** What every attempt's task is. */
  task: Partial<Pick<ListEvidenceResponse, 'launchedBy' | 'acceptance' | 'taskChecks' | 'priority'>> = {};
  /** What else every attempt's spec says. */
  environment: Partial<SandboxSpec> = {};
  /** Of the set-up, by environment. */
  readonly secrets = new Map<string, GetSandboxSecretsResponse['secrets']>();
  readonly gitCredentials = new Map<string, GitCredential>();
  readonly reconcileTasks = new FakeReconcileTasks();
  readonly tasks = new Map<string, Task>();
  /** The newest last. */
  readonly batches: Batch[] = [];
  private readonly evidence = new Map<string, CheckResult[]>();

  private constructor(
    private readonly server: Server,
    readonly address: string,
  ) {}

  static async start(): Promise<FakeScheduler> {
    const server = new Server();
    const handlers: { fake?: FakeScheduler } = {};
    const fake = (): FakeScheduler => {
      if (handlers.fake === undefined) throw new Error('not started');
      return handlers.fake;
    };
    server.addService(EvidenceServiceService, {
      listEvidence: (
        call: ServerUnaryCall<ListEvidenceRequest, ListEvidenceResponse>,
        answer: sendUnaryData<ListEvidenceResponse>,
      ) => {
        const checks = fake().evidence.get(call.request.attemptId) ?? [];
        answer(null, ListEvidenceResponse.fromPartial({ checks, priority: 3, ...fake().task }));
      },
    });
    server.addService(SandboxSpecServiceService, {
      getSandboxSpec: (
        call: ServerUnaryCall<GetSandboxSpecRequest, SandboxSpec>,
        answer: sendUnaryData<SandboxSpec>,
      ) => {
        const checks = fake().checkNames.map((name) => ({
          name,
          command: ['true'],
          timeout: { seconds: '5', nanos: 0 },
          advisory: false,
          proves: [],
        }));
        answer(null, {
          ...SandboxSpec.fromPartial({ owner: call.request.owner, checks, environmentVersion: 1 }),
          ...fake().environment,
        });
      },
    });
    server.addService(TaskServiceService, {
      getTask: (call: ServerUnaryCall<GetTaskRequest, Task>, answer: sendUnaryData<Task>) => {
        const task = fake().tasks.get(call.request.id);
        if (task === undefined) answer({ code: status.NOT_FOUND, details: 'no such task' });
        else answer(null, task);
      },
      cancelTask: (call: ServerUnaryCall<CancelTaskRequest, Task>, answer: sendUnaryData<Task>) => {
        answer(null, fake().reconcileTasks.cancel(call.request.id));
      },
    });
    server.addService(BatchServiceService, {
      listBatches: (
        call: ServerUnaryCall<ListBatchesRequest, ListBatchesResponse>,
        answer: sendUnaryData<ListBatchesResponse>,
      ) => {
        const batches = fake().batches.filter(({ forecastId }) => forecastId === call.request.forecastId);
        answer(null, ListBatchesResponse.fromPartial({ batches: batches.reverse() }));
      },
      getBatch: (call: ServerUnaryCall<GetBatchRequest, Batch>, answer: sendUnaryData<Batch>) => {
        const batch = fake().batches.find(({ id }) => id === call.request.id);
        if (batch === undefined) answer({ code: status.NOT_FOUND, details: 'no such batch' });
        else answer(null, batch);
      },
    });
    server.addService(EnvironmentSecretServiceService, {
      getSetupSecrets: (
        call: ServerUnaryCall<GetSetupSecretsRequest, GetSandboxSecretsResponse>,
        answer: sendUnaryData<GetSandboxSecretsResponse>,
      ) => {
        answer(null, { secrets: fake().secrets.get(call.request.environmentId) ?? [] });
      },
    });
    server.addService(GitCredentialServiceService, {
      getGitCredential: (
        call: ServerUnaryCall<GetGitCredentialRequest, GitCredential>,
        answer: sendUnaryData<GitCredential>,
      ) => {
        const credential = fake().gitCredentials.get(call.request.id);
        if (credential === undefined) answer({ code: status.NOT_FOUND, details: 'no such credential' });
        else answer(null, credential);
      },
    });
    FakeReconcileTasks.serve(server, () => fake().reconcileTasks);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    handlers.fake = new FakeScheduler(server, `127.0.0.1:${String(port)}`);
    return handlers.fake;
  }

  checked(attemptId: string, treeId: string, states: Readonly<Record<string, keyof typeof CheckResult_State>>): void {
    this.evidence.set(
      attemptId,
      Object.entries(states).map(([name, state]) =>
        CheckResult.fromPartial({
          name,
          state: CheckResult_State[state],
          treeId,
          environmentVersion: 1,
          duration: { seconds: '1', nanos: 0 },
        }),
      ),
    );
  }

  stop(): void {
    this.server.forceShutdown();
  }
}
