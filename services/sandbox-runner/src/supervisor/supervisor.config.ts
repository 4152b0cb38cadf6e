import { absolutePath, baseSettings } from '@heddle/platform/config';
import { z } from 'zod';

/** The supervisor needs no other service and no secret. */
export const supervisorSettings = {
  HEDDLE_DATA_DIR: baseSettings.HEDDLE_DATA_DIR,
  HEDDLE_LOG_LEVEL: baseSettings.HEDDLE_LOG_LEVEL,
  HEDDLE_SUPERVISOR_SOCKET: absolutePath(),
  HEDDLE_SANDBOX: z.enum(['', 'rootless-weak', 'unsafe-host']).default(''),
} as const;
