import { z } from 'zod';
import { address, baseSettings, loadConfig, port, secret, url } from '@heddle/platform/config';

/** The gateway's settings. */
export function loadGatewayConfig(env: NodeJS.ProcessEnv = process.env) {
  return loadConfig(
    {
      ...baseSettings,
      HEDDLE_HOST: z.string().min(1).default('127.0.0.1'),
      HEDDLE_HTTP_PORT: port().default(7470),
      HEDDLE_GRPC_PORT: port().default(7471),
      HEDDLE_ADMIN_TOKEN: secret(),
      HEDDLE_NATS_URL: url('nats', 'tls'),
      HEDDLE_NATS_TOKEN: secret().optional(),
      HEDDLE_SCHEDULER_ADDRESS: address(),
      HEDDLE_REVIEW_ADDRESS: address(),
    },
    env,
  );
}

export type GatewayConfig = ReturnType<typeof loadGatewayConfig>;
