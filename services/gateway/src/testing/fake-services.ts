import {
  Metadata,
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import {
  AccessServiceService,
  type Attempt,
  AttemptServiceService,
  Batch,
  BatchServiceService,
  ChangeServiceService,
  Credential,
  EnvironmentServiceService,
  JobServiceService,
  LandingServiceService,
  type CreateBatchRequest,
  type CreateCredentialRequest,
  type EnvironmentSecret,
  type DownloadChunk,
  type DownloadPatchRequest,
  type GetAttemptRequest,
  type GetBatchRequest,
  type GetJobRequest,
  type Job,
  type SetEnvironmentSecretRequest,
  type WaitBatchRequest,
} from '@heddle/contracts';
import { TrialServiceService, type GetTrialRequest, type Trial } from '@heddle/contracts/internal';
import { Any, ErrorInfo, Status } from '@heddle/contracts/rpc';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { encodeStatus, STATUS_DETAILS_KEY } from '@heddle/platform/errors';

type Call<Q, R> = ServerUnaryCall<Q, R>;

/** Stands for scheduler and review: answers a few calls and remembers what it was told. */
export class FakeServices {
  readonly attempts = new Map<string, Attempt>();
  readonly jobs = new Map<string, Job>();
  readonly trials = new Map<string, Trial>();
  readonly seen: { method: string; metadata: Metadata; deadline: Date | number; request: unknown }[] = [];
  cancelled = 0;
  waiting = 0;
  private readonly server = new Server();

  async start(): Promise<string> {
    this.server.addService(BatchServiceService, {
      createBatch: (call: Call<CreateBatchRequest, Batch>, answer: sendUnaryData<Batch>) => {
        this.note('createBatch', call);
        const { ref, tasks } = call.request;
        const failure = this.failures[ref];
        if (failure !== undefined) answer(failure());
        else
          answer(
            null,
            Batch.fromPartial({
              id: 'b1',
              ref,
              createTime: new Date(0),
              tasks: tasks.map((task, index) => ({ id: `t${index}`, title: task.title })),
              attemptCounts: { QUEUED: 2 },
            }),
          );
      },
      getBatch: (call: Call<GetBatchRequest, Batch>, answer: sendUnaryData<Batch>) => {
        this.note('getBatch', call);
        answer(null, Batch.fromPartial({ id: call.request.id }));
      },
      waitBatch: (call: Call<WaitBatchRequest, Batch>) => {
        this.note('waitBatch', call);
        this.waiting += 1;
        call.on('cancelled', () => (this.cancelled += 1));
      },
    });
    this.server.addService(AttemptServiceService, {
      getAttempt: (call: Call<GetAttemptRequest, Attempt>, answer: sendUnaryData<Attempt>) => {
        const attempt = this.attempts.get(call.request.id);
        if (attempt === undefined) answer(trailers(new HeddleError('ATTEMPT_NOT_FOUND', 'no such attempt')));
        else answer(null, attempt);
      },
    });
    this.server.addService(AccessServiceService, {
      createCredential: (call: Call<CreateCredentialRequest, Credential>, answer: sendUnaryData<Credential>) => {
        this.note('createCredential', call);
        const { name, provider } = call.request;
        answer(null, Credential.fromPartial({ id: 'c1', name, provider }));
      },
    });
    this.server.addService(EnvironmentServiceService, {
      setEnvironmentSecret: (
        call: Call<SetEnvironmentSecretRequest, EnvironmentSecret>,
        answer: sendUnaryData<EnvironmentSecret>,
      ) => {
        this.note('setEnvironmentSecret', call);
        const { value: _value, ...shown } = call.request;
        answer(null, { ...shown, createTime: new Date(0), updateTime: new Date(0) });
      },
    });
    this.server.addService(JobServiceService, {
      getJob: (call: Call<GetJobRequest, Job>, answer: sendUnaryData<Job>) => {
        const job = this.jobs.get(call.request.id);
        if (job === undefined) answer(trailers(new HeddleError('JOB_NOT_FOUND', 'no such job')));
        else answer(null, job);
      },
    });
    this.server.addService(LandingServiceService, {
      getLanding: (_call: unknown, answer: sendUnaryData<never>) =>
        answer(trailers(new HeddleError('LANDING_NOT_FOUND', 'no such landing'))),
    });
    this.server.addService(TrialServiceService, {
      getTrial: (call: Call<GetTrialRequest, Trial>, answer: sendUnaryData<Trial>) => {
        const trial = this.trials.get(call.request.id);
        if (trial === undefined) answer(trailers(new HeddleError('TRIAL_NOT_FOUND', 'no such trial')));
        else answer(null, trial);
      },
    });
    this.server.addService(ChangeServiceService, {
      downloadPatch: (call: ServerWritableStream<DownloadPatchRequest, DownloadChunk>) => {
        if (call.request.id === 'none') {
          call.emit('error', trailers(new HeddleError('CHANGE_NOT_FOUND', 'no such change')));
          return;
        }
        call.write({ data: Buffer.from('diff --git ') });
        call.write({ data: Buffer.from([0xff, 0x0a]) });
        if (call.request.id === 'broken') call.emit('error', trailers(new HeddleError('SERVICE_UNAVAILABLE', 'broke')));
        else call.end();
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      this.server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    return `127.0.0.1:${port}`;
  }

  stop(): void {
    this.server.forceShutdown();
  }

  private readonly failures: Readonly<
    Record<string, () => Partial<{ code: number; details: string; metadata: Metadata }>>
  > = {
    'bad-field': () => trailers(fieldInvalid([{ field: 'tasks[0].declared_paths', description: 'is bad' }])),
    busy: () => trailers(new HeddleError('REPOSITORY_SYNCING', 'syncing', { retryAfterSeconds: 3 })),
    newer: () => {
      const value = Buffer.from(
        ErrorInfo.encode({ reason: 'FROM_THE_FUTURE', domain: 'heddle', metadata: {} }).finish(),
      );
      const details = [Any.fromPartial({ typeUrl: 'type.googleapis.com/google.rpc.ErrorInfo', value })];
      return withDetails(
        status.FAILED_PRECONDITION,
        Buffer.from(Status.encode({ code: 9, message: 'new', details }).finish()),
      );
    },
    bare: () => ({ code: status.UNKNOWN, details: 'secret text of a stack' }),
  };

  private note(method: string, call: Call<unknown, unknown>): void {
    this.seen.push({ method, metadata: call.metadata, deadline: call.getDeadline(), request: call.request });
  }
}

function trailers(error: HeddleError) {
  return withDetails(error.entry.code, encodeStatus(error));
}

function withDetails(code: number, bytes: Buffer) {
  const metadata = new Metadata();
  metadata.set(STATUS_DETAILS_KEY, bytes);
  return { code, details: 'x', metadata };
}
