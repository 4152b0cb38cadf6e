import { loadConfig } from '@heddle/platform/config';
import { createLogger } from '@heddle/platform/logging';
import { runMain, runService } from '@heddle/platform/service';
import { runnerSettings } from './runner/runner.config.js';
import { RunnerModule } from './runner/runner.module.js';

runMain(async () => {
  const config = loadConfig(runnerSettings);
  const logger = createLogger('sandbox-runner', config.HEDDLE_LOG_LEVEL);
  await runService({
    name: 'sandbox-runner',
    module: RunnerModule.register(config),
    logger,
    healthPort: config.HEDDLE_HEALTH_PORT,
  });
});
