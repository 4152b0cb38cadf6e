import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { describeWith } from '@heddle/testing';
import { GatewayFixture } from '../testing/gateway-fixture.js';
import { dynamicMessage, type JsonObject } from './dynamic-message.js';

await describeWith(['nats'], 'reflection and health', ({ nats }) => {
  let fixture: GatewayFixture;
  let client: Client;

  beforeAll(async () => {
    fixture = new GatewayFixture(nats);
    await fixture.start();
    client = new Client(`127.0.0.1:${fixture.gateway.grpcPort}`, credentials.createInsecure());
  });
  afterAll(async () => {
    client.close();
    await fixture.stop();
  });

  function reflect(question: JsonObject, version = 'v1'): Promise<JsonObject> {
    const request = dynamicMessage(`grpc.reflection.${version}.ServerReflectionRequest`);
    const response = dynamicMessage(`grpc.reflection.${version}.ServerReflectionResponse`);
    const call = client.makeBidiStreamRequest(
      `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
      request.serialize,
      response.deserialize,
    );
    return new Promise((resolve, reject) => {
      call.on('error', reject);
      call.on('data', (answer: JsonObject) => {
        resolve(answer);
        call.end();
      });
      call.write(question);
    });
  }

  function files(answer: JsonObject) {
    const { fileDescriptorProto } = answer['fileDescriptorResponse'] as { fileDescriptorProto: string[] };
    return fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, Buffer.from(bytes, 'base64')));
  }

  async function check(service: string): Promise<JsonObject> {
    const request = dynamicMessage('grpc.health.v1.HealthCheckRequest');
    const response = dynamicMessage('grpc.health.v1.HealthCheckResponse');
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        '/grpc.health.v1.Health/Check',
        request.serialize,
        response.deserialize,
        { service },
        (error, answer) => (error === null ? resolve(answer ?? {}) : reject(error)),
      );
    });
  }

  it.each(['v1', 'v1alpha'])('lists the public services, health and itself (%s)', async (version) => {
    const answer = await reflect({ listServices: '' }, version);
    const names = (answer['listServicesResponse'] as { service: { name: string }[] }).service.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'heddle.v1.BatchService',
        'grpc.health.v1.Health',
        'grpc.reflection.v1.ServerReflection',
        'grpc.reflection.v1alpha.ServerReflection',
      ]),
    );
    expect(names.filter((name) => name.includes('internal'))).toEqual([]);
  });

  it.each([
    'heddle.v1.BatchService',
    'heddle.v1.BatchService.CreateBatch',
    'heddle.v1.Attempt.State',
    'heddle.v1.Attempt.id',
    'google.rpc.ErrorInfo',
    'google.protobuf.Timestamp',
    'grpc.health.v1.Health',
    'heddle.v1.access',
  ])('gives the file of %s with everything that it imports', async (symbol) => {
    const found = files(await reflect({ fileContainingSymbol: symbol }));
    const names = new Set(found.map(({ name }) => name));
    expect(found.flatMap(({ dependency }) => dependency).filter((name) => !names.has(name))).toEqual([]);
  });

  it('gives files by name and by extension, and never the internal ones', async () => {
    expect(files(await reflect({ fileByFilename: 'heddle/v1/batch.proto' }))[0]?.name).toBe('heddle/v1/batch.proto');
    expect(
      files(
        await reflect({
          fileContainingExtension: { containingType: 'google.protobuf.MethodOptions', extensionNumber: 50701 },
        }),
      )[0]?.name,
    ).toBe('heddle/v1/options.proto');
    expect(
      (await reflect({ allExtensionNumbersOfType: 'google.protobuf.MethodOptions' }))['allExtensionNumbersResponse'],
    ).toMatchObject({ extensionNumber: expect.arrayContaining([50701, 72295728]) });
    expect(await reflect({ fileContainingSymbol: 'heddle.internal.v1.GitStoreService' })).toMatchObject({
      errorResponse: { errorCode: status.NOT_FOUND },
    });
    expect(await reflect({ fileByFilename: 'nothing.proto' })).toMatchObject({
      errorResponse: { errorCode: status.NOT_FOUND },
    });
  });

  it('tells health without a token', async () => {
    expect(await check('')).toEqual({ status: 'SERVING' });
    expect(await check('heddle.v1.BatchService')).toEqual({ status: 'SERVING' });
    await expect(check('other')).rejects.toMatchObject({ code: status.NOT_FOUND } satisfies Partial<ServiceError>);
  });
});
