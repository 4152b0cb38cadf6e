/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment -- Nest declares its options as a class that it does not export, and takes plain objects */
import 'reflect-metadata';
import type { DynamicModule, INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { GrpcServerSettings } from '../grpc/grpc-microservice.js';
import type { HeddleGrpcServer } from '../grpc/heddle-grpc-server.js';
import { HealthRegistry } from '../health/health-registry.js';
import { HealthServer } from '../health/health-server.js';
import type { Logger } from '../logging/create-logger.js';
import { NestLogger } from '../logging/nest-logger.js';
import { endOnSignals } from './end-on-signals.js';
import { PlatformModule } from './platform.module.js';

export interface ServiceSettings {
  /** As the launcher and the logs name it. */
  readonly name: string;
  readonly module: Type | DynamicModule;
  readonly logger: Logger;
  readonly healthPort: number;
  /** 127.0.0.1 if absent. */
  readonly healthHost?: string;
  /** Absent: the process serves nothing but its health. */
  readonly grpc?: GrpcServerSettings;
}

export interface RunningService {
  readonly app: INestApplicationContext;
  readonly healthPort: number;
  /** Undefined without gRPC. */
  readonly grpcPort: number | undefined;
  /** Orderly end: no new calls, calls in flight end, then Nest's shutdown hooks in their order. Does not end the process. */
  stop(): Promise<void>;
}

/**
 * Starts a service: health first (alive, not ready), then the module, then its gRPC port; ready when all listen.
 * On SIGTERM or SIGINT it stops in order and ends the process with 0.
 */
export async function runService(settings: ServiceSettings): Promise<RunningService> {
  const { logger } = settings;
  const health = new HealthRegistry();
  const healthServer = new HealthServer(health);
  const healthPort = await healthServer.start(settings.healthHost ?? '127.0.0.1', settings.healthPort);
  const { app, server } = await createApp(settings, health);
  health.markServing();
  logger.info({ healthPort, grpcPort: server?.port }, `${settings.name} is serving`);
  const stop = async (): Promise<void> => {
    health.markStopping();
    await app.close();
    await healthServer.stop();
  };
  endOnSignals(logger, stop);
  return { app, healthPort, grpcPort: server?.port, stop };
}

async function createApp(
  settings: ServiceSettings,
  health: HealthRegistry,
): Promise<{ app: INestApplicationContext; server: HeddleGrpcServer | undefined }> {
  const { logger } = settings;
  const module = PlatformModule.around(settings.module, logger, health);
  const options = { logger: new NestLogger(logger), abortOnError: false };
  if (settings.grpc === undefined)
    return { app: await NestFactory.createApplicationContext(module, options), server: undefined };
  // A process that serves no gRPC by Nest does not pay for Nest's microservices.
  const [{ grpcMicroservice }, { HeddleExceptionFilter }] = await Promise.all([
    import('../grpc/grpc-microservice.js'),
    import('../grpc/heddle-exception.filter.js'),
  ]);
  const transport = grpcMicroservice(settings.grpc);
  const app = await NestFactory.createMicroservice(module, { ...options, ...transport });
  app.useGlobalFilters(new HeddleExceptionFilter(logger));
  await app.listen();
  return { app, server: transport.strategy };
}
