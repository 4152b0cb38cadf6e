/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment -- Nest declares its options as a class that it does not export, and takes plain objects */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { credentials, Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import { Controller, Module, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GrpcMethod, GrpcStreamMethod } from '@nestjs/microservices';
import {
  CheckpointHeader,
  GitStoreServiceClient,
  GitStoreServiceService,
  ResolveCommitResponse,
  StoreCheckpointResponse,
  type PackChunk,
  type ReadPackRequest,
  type ResolveCommitRequest,
  type StoreCheckpointRequest,
  type SyncRepositoryRequest,
  type SyncRepositoryResponse,
} from '@heddle/contracts/internal';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { requestContext, type RequestContext } from '../context/request-context.js';
import { createLogger } from '../logging/create-logger.js';
import { NestLogger } from '../logging/nest-logger.js';
import { createGrpcClient } from './client/create-grpc-client.js';
import { grpcMicroservice } from './grpc-microservice.js';
import { HeddleExceptionFilter } from './heddle-exception.filter.js';

const CHUNKS = 300;
let seen: RequestContext | undefined;
let produced = 0;
let ended = 0;

@Controller()
class GitStoreController {
  @GrpcMethod('GitStoreService', 'ResolveCommit')
  async resolveCommit(request: ResolveCommitRequest): Promise<ResolveCommitResponse> {
    await Promise.resolve();
    seen = requestContext.get();
    if (request.ref === 'bad') throw fieldInvalid([{ field: 'ref', description: 'is bad' }]);
    if (request.ref === 'busy')
      throw new HeddleError('REPOSITORY_SYNCING', 'still syncing', {
        metadata: { repositoryId: 'r' },
        retryAfterSeconds: 2.5,
      });
    if (request.ref === 'crash') throw new Error('secret inside');
    if (request.ref === 'hang') await new Promise(() => undefined);
    return { commit: 'c'.repeat(40), branch: request.ref };
  }

  @GrpcMethod('GitStoreService', 'SyncRepository')
  syncRepository(_request: SyncRepositoryRequest): Promise<SyncRepositoryResponse> {
    return Promise.reject(
      Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' }),
    );
  }

  @GrpcMethod('GitStoreService', 'ReadPack')
  async *readPack(request: ReadPackRequest): AsyncGenerator<PackChunk> {
    try {
      for (let index = 0; index < CHUNKS; index += 1) {
        await Promise.resolve();
        produced += 1;
        if (request.want === 'broken' && index === 3) throw new HeddleError('PACK_REFUSED', 'late failure');
        yield { data: Buffer.alloc(100_000, index % 251) };
      }
    } finally {
      ended += 1;
    }
  }

  @GrpcStreamMethod('GitStoreService', 'StoreCheckpoint')
  async storeCheckpoint(parts: AsyncIterable<StoreCheckpointRequest>): Promise<StoreCheckpointResponse> {
    let bytes = 0;
    let count = 0;
    for await (const part of parts) {
      bytes += part.pack?.length ?? 0;
      count += 1;
      if (part.header !== undefined) throw new HeddleError('PACK_REFUSED', 'no header wanted');
    }
    return StoreCheckpointResponse.fromPartial({ ref: `${count} parts, ${bytes} bytes` });
  }
}

@Module({ controllers: [GitStoreController] })
class TestModule {}

describe('gRPC between services', () => {
  const logger = createLogger('test', 'silent');
  let app: INestMicroservice;
  let address: string;

  beforeAll(async () => {
    const transport = grpcMicroservice({
      host: '127.0.0.1',
      port: 0,
      internalToken: 'token',
      services: { 'heddle.internal.v1.GitStoreService': GitStoreServiceService },
      graceMs: 200,
    });
    app = await NestFactory.createMicroservice(TestModule, {
      ...transport,
      logger: new NestLogger(logger),
      abortOnError: false,
    });
    app.useGlobalFilters(new HeddleExceptionFilter(logger));
    await app.listen();
    address = `127.0.0.1:${transport.strategy.port}`;
  });

  afterAll(() => app.close());

  function client(internalToken = 'token', deadlineMs = 10_000) {
    return createGrpcClient(GitStoreServiceClient, address, { internalToken, deadlineMs });
  }

  async function failure(call: Promise<unknown>): Promise<HeddleError> {
    const thrown: unknown = await call.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!HeddleError.is(thrown)) throw new Error('expected a HeddleError');
    return thrown;
  }

  it('serves generated definitions and carries the request context', async () => {
    const calls = client();
    const context = {
      requestId: 'r-1',
      principal: 'ann',
      role: 'DEVELOPER',
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    };
    const answer = await requestContext.run(context, () => calls.resolveCommit({ repositoryId: 'r', ref: 'main' }));
    expect(answer).toEqual({ commit: 'c'.repeat(40), branch: 'main' });
    expect(seen).toEqual(context);
    calls.close();
  });

  it('does not start with a handler of a service that it is not told to serve', async () => {
    const transport = grpcMicroservice({ host: '127.0.0.1', port: 0, internalToken: 'token', services: {} });
    const options = { ...transport, logger: new NestLogger(logger), abortOnError: false };
    const other = await NestFactory.createMicroservice(TestModule, options);
    await expect(other.listen()).rejects.toThrow('GitStoreService/ResolveCommit');
    await other.close();
  });

  it('refuses calls without the internal token', async () => {
    const calls = client('other');
    const error = await failure(calls.resolveCommit({ repositoryId: 'r', ref: 'main' }));
    expect(error.message).toContain('services of the installation');
    await expect(async () => {
      for await (const chunk of calls.readPack({ repositoryId: 'r', want: 'c', haves: [] }))
        expect(chunk).toBeUndefined();
    }).rejects.toMatchObject({ name: 'HeddleError' });
    calls.close();
  });

  it('carries reason, violations, metadata and the time to wait', async () => {
    const calls = client();
    const bad = await failure(calls.resolveCommit({ repositoryId: 'r', ref: 'bad' }));
    expect(bad).toMatchObject({
      reason: 'FIELD_INVALID',
      violations: [{ field: 'ref', description: 'is bad' }],
      retryAfterSeconds: undefined,
    });
    const busy = await failure(calls.resolveCommit({ repositoryId: 'r', ref: 'busy' }));
    expect(busy).toMatchObject({
      reason: 'REPOSITORY_SYNCING',
      metadata: { repositoryId: 'r' },
      retryAfterSeconds: 2.5,
      message: 'still syncing',
    });
    calls.close();
  });

  it('hides what an unexpected error says and names its log line', async () => {
    const calls = client();
    const error = await failure(calls.resolveCommit({ repositoryId: 'r', ref: 'crash' }));
    expect(error.reason).toBe('INTERNAL');
    expect(error.message).not.toContain('secret');
    expect(error.metadata['errorId']).toMatch(/^[0-9a-f-]{36}$/);
    calls.close();
  });

  it('tells an absent database from a fault', async () => {
    const calls = client();
    expect(await failure(calls.syncRepository({ repositoryId: 'r', url: 'u', credentialId: '' }))).toMatchObject({
      reason: 'DATABASE_UNAVAILABLE',
      retryAfterSeconds: 1,
    });
    calls.close();
  });

  it('ends a call at its deadline and when its signal says so', async () => {
    const calls = client('token', 50);
    expect((await failure(calls.resolveCommit({ repositoryId: 'r', ref: 'hang' }))).reason).toBe('DEADLINE_EXCEEDED');
    const abort = new AbortController();
    const cancelled = failure(
      calls.resolveCommit({ repositoryId: 'r', ref: 'hang' }, { signal: abort.signal, deadlineMs: 60_000 }),
    );
    abort.abort();
    expect((await cancelled).reason).toBe('CANCELLED');
    calls.close();
  });

  it('says NOT_AVAILABLE for a method without a handler, and SERVICE_UNAVAILABLE for an absent server', async () => {
    const calls = client();
    expect((await failure(calls.openAttempt({ repositoryId: 'r', attemptId: 'a', fence: '1' }))).reason).toBe(
      'NOT_AVAILABLE',
    );
    calls.close();
    const nobody = createGrpcClient(GitStoreServiceClient, '127.0.0.1:1', { internalToken: 'token' });
    expect(await failure(nobody.openAttempt({ repositoryId: 'r', attemptId: 'a', fence: '1' }))).toMatchObject({
      reason: 'SERVICE_UNAVAILABLE',
      retryAfterSeconds: 1,
    });
    nobody.close();
  });

  async function freePort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return port;
  }

  it('finds a server that serves again, though the last try to connect failed', async () => {
    const port = await freePort();
    const to = (): ReturnType<typeof client> =>
      createGrpcClient(GitStoreServiceClient, `127.0.0.1:${String(port)}`, { internalToken: 'token' });
    const [calls, unused] = [to(), to()];
    const request = { repositoryId: 'r', ref: 'main' };
    expect((await failure(calls.resolveCommit(request))).reason).toBe('SERVICE_UNAVAILABLE');
    const server = new Server();
    server.addService(GitStoreServiceService, {
      resolveCommit: (_call: unknown, answer: sendUnaryData<ResolveCommitResponse>) => {
        answer(null, ResolveCommitResponse.fromPartial({ branch: 'found' }));
      },
    });
    await promisify(server.bindAsync.bind(server))(`127.0.0.1:${String(port)}`, ServerCredentials.createInsecure());
    const found = await Promise.all([unused, calls].map((each) => each.resolveCommit(request).catch(String)));
    calls.close();
    unused.close();
    server.forceShutdown();
    expect(found).toMatchObject([{ branch: 'found' }, { branch: 'found' }]);
  });

  it('streams from the server, whole, in part, and up to an error', async () => {
    const calls = client();
    let bytes = 0;
    for await (const chunk of calls.readPack({ repositoryId: 'r', want: 'c', haves: [] })) bytes += chunk.data.length;
    expect(bytes).toBe(CHUNKS * 100_000);
    const read = async () => {
      for await (const chunk of calls.readPack({ repositoryId: 'r', want: 'broken', haves: [] }))
        expect(chunk.data).toHaveLength(100_000);
    };
    expect((await failure(read())).reason).toBe('PACK_REFUSED');
    calls.close();
  });

  it('produces no more of a stream than its reader takes, and ends the producer when the reader goes', async () => {
    const calls = client();
    produced = 0;
    const endedBefore = ended;
    for await (const chunk of calls.readPack({ repositoryId: 'r', want: 'c', haves: [] })) {
      expect(chunk.data).toHaveLength(100_000);
      break;
    }
    while (ended === endedBefore) await new Promise((resolve) => setImmediate(resolve));
    expect(produced).toBeLessThan(CHUNKS);
    calls.close();
  });

  it('streams to the server; a refusal ends the sending', async () => {
    const calls = client();
    async function* parts(count: number): AsyncGenerator<StoreCheckpointRequest> {
      for (let index = 0; index < count; index += 1) {
        await Promise.resolve();
        yield { pack: Buffer.alloc(50_000) };
      }
    }
    await expect(calls.storeCheckpoint(parts(100))).resolves.toMatchObject({ ref: '100 parts, 5000000 bytes' });
    async function* refused(): AsyncGenerator<StoreCheckpointRequest> {
      yield { header: CheckpointHeader.fromPartial({ number: 1 }) };
      yield* parts(1_000_000);
    }
    expect((await failure(calls.storeCheckpoint(refused()))).reason).toBe('PACK_REFUSED');
    async function* broken(): AsyncGenerator<StoreCheckpointRequest> {
      yield { pack: Buffer.alloc(10) };
      await Promise.resolve();
      throw new HeddleError('TREE_DIFFERS', 'the source failed');
    }
    expect((await failure(calls.storeCheckpoint(broken()))).reason).toBe('TREE_DIFFERS');
    calls.close();
  });

  it('refuses a message over the limit', async () => {
    const calls = client();
    const error = await failure(
      calls.syncRepository({ repositoryId: 'r', url: 'x'.repeat(5 * 1024 * 1024), credentialId: '' }),
    );
    expect(error.reason).toBe('REQUEST_TOO_LARGE');
    calls.close();
  });

  it('keeps the raw client for what the calls do not cover', () => {
    const raw = new GitStoreServiceClient(address, credentials.createInsecure());
    expect(client().raw).toBeInstanceOf(GitStoreServiceClient);
    raw.close();
  });
});
