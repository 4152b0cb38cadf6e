import { absolutePath, baseSettings, count } from '@heddle/platform/config';
import { z } from 'zod';

/** The supervisor needs no other service and no secret. */
export const supervisorSettings = {
  HEDDLE_DATA_DIR: baseSettings.HEDDLE_DATA_DIR,
  HEDDLE_LOG_LEVEL: baseSettings.HEDDLE_LOG_LEVEL,
  HEDDLE_SUPERVISOR_SOCKET: absolutePath(),
  /** Seconds between two looks for what nobody owns. */
  HEDDLE_JANITOR_EVERY: count(1).default(60),
  /** Directories below which environments may name root file systems, with colons or commas between. */
  HEDDLE_ROOTFS_DIRECTORIES: z
    .string()
    .default('')
    .transform((text) => text.split(/[:,]/).flatMap((word) => word.trim() || []))
    .pipe(z.array(absolutePath())),
  HEDDLE_SANDBOX: z.enum(['', 'rootless', 'rootless-weak', 'unsafe-host']).default(''),
} as const;
