import {
  Controller,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import {
  GitStoreServiceService,
  type ResolveCommitRequest,
  type ResolveCommitResponse,
} from '@heddle/contracts/internal';
import { count, loadConfig, port, secret } from '../config/index.js';
import { createLogger } from '../logging/create-logger.js';
import { runMain } from '../service/run-main.js';
import { runService } from '../service/run-service.js';

@Controller()
class SampleController {
  @GrpcMethod('GitStoreService', 'ResolveCommit')
  async resolveCommit({ ref }: ResolveCommitRequest): Promise<ResolveCommitResponse> {
    process.stdout.write('CALLED\n');
    await new Promise((resolve) => setTimeout(resolve, Number(ref)));
    return { commit: 'c', branch: '' };
  }
}

@Injectable()
class Hooks implements BeforeApplicationShutdown, OnApplicationShutdown {
  beforeApplicationShutdown(): void {
    process.stdout.write('BEFORE\n');
  }

  onApplicationShutdown(): void {
    process.stdout.write('AFTER\n');
  }
}

@Module({ controllers: [SampleController], providers: [Hooks] })
class SampleModule {}

/** A whole service, as small as can be, for the spec of the service's life: started as a process of its own. */
runMain(async () => {
  const config = loadConfig({ SAMPLE_TOKEN: secret(), SAMPLE_PORT: port(), SAMPLE_GRACE_MS: count().default(5_000) });
  const running = await runService({
    name: 'sample',
    module: SampleModule,
    logger: createLogger('sample', 'info'),
    healthPort: 0,
    grpc: {
      host: '127.0.0.1',
      port: config.SAMPLE_PORT,
      internalToken: config.SAMPLE_TOKEN,
      services: { 'heddle.internal.v1.GitStoreService': GitStoreServiceService },
      graceMs: config.SAMPLE_GRACE_MS,
    },
  });
  process.stdout.write(`PORTS ${running.healthPort} ${running.grpcPort}\n`);
});
