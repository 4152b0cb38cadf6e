import {
  credentials,
  Metadata,
  type CallOptions,
  type ClientReadableStream,
  type ClientUnaryCall,
  type ServiceError,
} from '@grpc/grpc-js';
import {
  AttemptServiceClient,
  BatchServiceClient,
  ChangeServiceClient,
  EnvironmentServiceClient,
  EventServiceClient,
  JobServiceClient,
  LandingServiceClient,
  OverlapServiceClient,
  RepositoryServiceClient,
  RunnerServiceClient,
  SystemServiceClient,
  TaskServiceClient,
} from '@heddle/contracts';
import { BadRequest, ErrorInfo, RetryInfo, Status } from '@heddle/contracts/rpc';

/** What a machine reads of a refusal over gRPC. */
export interface GrpcRefusal {
  readonly code: number;
  readonly reason: string;
  readonly fields: readonly string[];
  readonly retryable: boolean;
}

type Done<Response> = (error: ServiceError | null, response: Response) => void;

const DEADLINE_MS = 90_000;
const TYPE_PREFIX = 'type.googleapis.com/google.rpc.';

/** The public gRPC API by the generated clients, each call with a bearer token and a deadline. */
export class GrpcDoor {
  readonly repositories: RepositoryServiceClient;
  readonly environments: EnvironmentServiceClient;
  readonly batches: BatchServiceClient;
  readonly tasks: TaskServiceClient;
  readonly attempts: AttemptServiceClient;
  readonly changes: ChangeServiceClient;
  readonly overlaps: OverlapServiceClient;
  readonly landings: LandingServiceClient;
  readonly events: EventServiceClient;
  readonly jobs: JobServiceClient;
  readonly runners: RunnerServiceClient;
  readonly system: SystemServiceClient;

  constructor(
    readonly address: string,
    readonly token: string,
  ) {
    const insecure = credentials.createInsecure();
    this.repositories = new RepositoryServiceClient(address, insecure);
    this.environments = new EnvironmentServiceClient(address, insecure);
    this.batches = new BatchServiceClient(address, insecure);
    this.tasks = new TaskServiceClient(address, insecure);
    this.attempts = new AttemptServiceClient(address, insecure);
    this.changes = new ChangeServiceClient(address, insecure);
    this.overlaps = new OverlapServiceClient(address, insecure);
    this.landings = new LandingServiceClient(address, insecure);
    this.events = new EventServiceClient(address, insecure);
    this.jobs = new JobServiceClient(address, insecure);
    this.runners = new RunnerServiceClient(address, insecure);
    this.system = new SystemServiceClient(address, insecure);
  }

  /** @param token null: no authorization at all */
  metadata(token: string | null = this.token): Metadata {
    const metadata = new Metadata();
    if (token !== null) metadata.set('authorization', `Bearer ${token}`);
    return metadata;
  }

  /**
   * One unary call: `door.unary((...rest) => door.batches.getBatch({ id }, ...rest))`.
   * @throws ServiceError
   */
  unary<Response>(
    start: (metadata: Metadata, options: Partial<CallOptions>, done: Done<Response>) => ClientUnaryCall,
    { token, deadlineMs = DEADLINE_MS }: { readonly token?: string | null; readonly deadlineMs?: number } = {},
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      start(this.metadata(token), { deadline: Date.now() + deadlineMs }, (error, response) => {
        if (error) reject(error);
        else resolve(response);
      });
    });
  }

  /** One server stream to its end. */
  async collect<Response>(
    start: (metadata: Metadata, options: Partial<CallOptions>) => ClientReadableStream<Response>,
  ): Promise<Response[]> {
    const messages: Response[] = [];
    for await (const message of start(this.metadata(), { deadline: Date.now() + DEADLINE_MS }))
      messages.push(message as Response);
    return messages;
  }

  close(): void {
    for (const client of [
      this.repositories,
      this.environments,
      this.batches,
      this.tasks,
      this.attempts,
      this.changes,
      this.overlaps,
      this.landings,
      this.events,
      this.jobs,
      this.runners,
      this.system,
    ]) {
      client.close();
    }
  }
}

/** @throws Error unless the call failed with a status detail: exactly one ErrorInfo of Heddle */
export async function grpcRefusalOf(call: Promise<unknown>): Promise<GrpcRefusal> {
  const error = await call.then(
    (answer) => {
      throw new Error(`No refusal: ${JSON.stringify(answer)}`);
    },
    (failure: unknown) => failure as ServiceError,
  );
  if (!('metadata' in error)) throw error as Error;
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  if (!(bytes instanceof Uint8Array)) throw new Error(`No status details: ${error.message}`);
  const status = Status.decode(bytes);
  const details = (name: string): Uint8Array[] =>
    status.details.filter(({ typeUrl }) => typeUrl === `${TYPE_PREFIX}${name}`).map(({ value }) => value);
  const [info, ...more] = details('ErrorInfo').map((value) => ErrorInfo.decode(value));
  if (info === undefined || more.length > 0 || info.domain !== 'heddle')
    throw new Error(`Not exactly one ErrorInfo: ${error.message}`);
  if (status.code !== (error.code as number)) throw new Error('the status and its details do not agree');
  return {
    code: error.code,
    reason: info.reason,
    fields: details('BadRequest').flatMap((value) =>
      BadRequest.decode(value).fieldViolations.map(({ field }) => field),
    ),
    retryable: details('RetryInfo').map((value) => RetryInfo.decode(value)).length > 0,
  };
}
