import { join } from 'node:path';
import type { CgroupHierarchy } from '../cgroup/cgroup-hierarchy.js';
import type { BoxParts } from '../drivers/box-host.js';
import type { DriverDescription } from '../drivers/sandbox-driver.js';
import { SandboxError } from '../sandbox-error.js';
import { ContainerDriver } from './container.driver.js';
import { ContainerEngine, type EngineFacts } from './container-engine.js';
import { ImagePolicy } from './image-policy.js';

export interface ContainerSettings {
  /** Absolute path of the engine's socket: HEDDLE_CONTAINER_HOST without its `unix://`. */
  readonly socket: string;
  /** HEDDLE_CONTAINER_RUNTIME: a name that the engine has a runtime by; undefined: the engine's own choice. */
  readonly runtime?: string | undefined;
  /** HEDDLE_CONTAINER_IMAGES: repositories, what is above several, or ids; none: no environment may name an image. */
  readonly images: readonly string[];
}

/**
 * A driver of containers over the given parts. It can be had where the engine does not answer too, for what an earlier
 * life of the platform left; whether it works is what the self-test is for.
 * @param common what the parts lack, whichever driver uses them
 */
export async function openContainers(
  settings: ContainerSettings,
  parts: BoxParts,
  common: Omit<DriverDescription, 'driver' | 'boundary' | 'network'>,
  place: { readonly directory: string; readonly runner: string },
): Promise<ContainerDriver> {
  if (!canContain(parts.hierarchy))
    throw new SandboxError('SANDBOX_UNAVAILABLE', 'Containers need control groups that can be frozen and killed.');
  const engine = new ContainerEngine(settings.socket);
  const facts = await engine.facts().catch(() => undefined);
  if (facts !== undefined) requireUsable(facts, settings);
  const network = facts?.kind === 'PODMAN';
  return new ContainerDriver(
    {
      ...common,
      driver: 'CONTAINER',
      boundary: 'CONTAINER',
      missing: [
        ...common.missing,
        'user namespace: inside, the user is the one that it is on the host',
        'read-only /dev and /run: they are mounted writable, and root is the only one who may write there',
        'terminals: nobody can look around in a kept sandbox',
        ...(network ? [] : ['network allow-list: only Podman can start containers in a network of ours']),
      ],
      network,
    },
    parts,
    {
      engine,
      images: new ImagePolicy(engine, settings.images),
      runtime: settings.runtime,
      directory: join(place.directory, 'toolchain'),
      runner: place.runner,
    },
  );
}

function canContain({ v2, v1 }: CgroupHierarchy): boolean {
  return v2 !== undefined || v1.freezer !== undefined;
}

function requireUsable(facts: EngineFacts, { runtime, socket }: ContainerSettings): void {
  const unusable = (why: string): SandboxError =>
    new SandboxError('SANDBOX_UNAVAILABLE', `The container engine at ${socket} (HEDDLE_CONTAINER_HOST) ${why}`);
  if (facts.rootless)
    throw unusable(
      'maps the ids of users: it has to be run by root, and without userns-remap, as boxes have uids of their own.',
    );
  // Podman names none of its runtimes here but the one that it uses.
  if (runtime !== undefined && facts.kind === 'DOCKER' && !facts.runtimes.includes(runtime))
    throw unusable(`has no runtime ${runtime} (HEDDLE_CONTAINER_RUNTIME); it has ${facts.runtimes.join(', ')}.`);
}
