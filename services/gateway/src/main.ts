import { createLogger } from '@heddle/platform/logging';
import { connectNats, ensureStreams } from '@heddle/platform/messaging';
import { runMain, runService } from '@heddle/platform/service';
import { loadGatewayConfig } from './config.js';
import { GatewayModule } from './gateway.module.js';

runMain(async () => {
  const config = loadGatewayConfig();
  const logger = createLogger('gateway', config.HEDDLE_LOG_LEVEL);
  const nc = await connectNats({
    url: config.HEDDLE_NATS_URL,
    ...(config.HEDDLE_NATS_TOKEN === undefined ? {} : { token: config.HEDDLE_NATS_TOKEN }),
    name: 'gateway',
    logger,
  });
  await ensureStreams(nc);
  await runService({
    name: 'gateway',
    module: GatewayModule.register(config, nc),
    logger,
    healthPort: config.HEDDLE_HEALTH_PORT,
  });
});
