import { Module, type DynamicModule } from '@nestjs/common';
import { RUNNER_CONFIG, type RunnerConfig } from './runner.config.js';
import { RunnerService } from './runner.service.js';

@Module({})
export class RunnerModule {
  static register(config: RunnerConfig): DynamicModule {
    return { module: RunnerModule, providers: [{ provide: RUNNER_CONFIG, useValue: config }, RunnerService] };
  }
}
