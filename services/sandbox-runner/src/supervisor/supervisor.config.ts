import { absolutePath, baseSettings, count } from '@heddle/platform/config';
import type { ContainerSettings } from '@heddle/sandbox';
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
  HEDDLE_SANDBOX: z.enum(['', 'container', 'rootless', 'rootless-weak', 'unsafe-host']).default(''),
  /** The socket of a container engine on this host: its mounts are to be this host's. */
  HEDDLE_CONTAINER_HOST: z
    .string()
    .regex(/^(?:unix:\/\/\/[^\0]+)?$/, 'must be unix:// and the absolute path of a socket')
    .default(''),
  /** By the engine's name for it (`runsc`); empty: the engine's own choice. */
  HEDDLE_CONTAINER_RUNTIME: z
    .string()
    .regex(/^[A-Za-z0-9_.-]*$/, 'must be the name of a runtime')
    .default(''),
  /** What environments may name as an image: repositories, what is above several, ids; with commas between. */
  HEDDLE_CONTAINER_IMAGES: z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((word) => word.trim() || [])),
} as const;

export type SupervisorConfig = Readonly<z.infer<z.ZodObject<typeof supervisorSettings>>>;

/** Undefined where the operator has named no engine. */
export function containerSettings(config: SupervisorConfig): ContainerSettings | undefined {
  if (config.HEDDLE_CONTAINER_HOST === '') return undefined;
  return {
    socket: config.HEDDLE_CONTAINER_HOST.slice('unix://'.length),
    runtime: config.HEDDLE_CONTAINER_RUNTIME || undefined,
    images: config.HEDDLE_CONTAINER_IMAGES,
  };
}
