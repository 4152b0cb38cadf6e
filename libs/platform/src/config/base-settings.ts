import { z } from 'zod';
import { absolutePath, port, secret } from './fields.js';

/** Settings that every service has. Spread them into the service's own shape. */
export const baseSettings = {
  HEDDLE_DATA_DIR: absolutePath(),
  HEDDLE_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  HEDDLE_HEALTH_PORT: port(),
  HEDDLE_INTERNAL_TOKEN: secret(),
  HEDDLE_INTERNAL_HOST: z.string().min(1).default('127.0.0.1'),
} as const;
