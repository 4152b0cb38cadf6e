import { INSIDE, temporarySizes } from '../bubblewrap/inside.js';
import type { BoxSpec, ProcessSpec } from '../drivers/sandbox-driver.js';
import type { BoxNetwork } from '../network/box-network.js';
import type { ContainerOptions, ImageFacts } from './container-engine.js';
import type { ContainerMount } from './container-root.js';
import type { OwnLimits } from './own-limits.js';
import { StartGate } from './start-gate.js';

/** Of what an engine puts below /run for itself. */
const RUN_BYTES = 65_536;
/** The control group counts them; an engine's own default can be more than the engine may give. */
const PROCESSES = 32_768;

export interface ContainerPlan {
  readonly box: BoxSpec;
  readonly process: ProcessSpec;
  readonly image: ImageFacts;
  readonly mounts: readonly ContainerMount[];
  readonly network: BoxNetwork | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** As the engine takes it: the profile itself, or a file that holds it. */
  readonly seccomp: string;
  readonly own: OwnLimits;
  /** Undefined: the engine's own choice. */
  readonly runtime: string | undefined;
}

/** Known to every engine since 2020, and not to the client's types. */
interface CgroupNamespace {
  readonly CgroupnsMode: 'private';
}

/** The whole of what an engine is told of a process. Nothing that its image says of how it is to be run is left to hold. */
export function containerOptions(plan: ContainerPlan): ContainerOptions & { readonly HostConfig: CgroupNamespace } {
  const { box, process, image, mounts, network, labels } = plan;
  const { paths, limits } = box;
  const { shmBytes, tmpBytes } = temporarySizes(limits);
  const user = `${String(box.uid)}:${String(box.uid)}`;
  const [program = '', ...rest] = StartGate.command(INSIDE.run, process.id);
  const temporary = `rw,nosuid,nodev,mode=1777,size=${String(tmpBytes)}`;
  const all: readonly ContainerMount[] = [
    ...mounts,
    ...(box.tools ?? []).map(({ source, target }) => ({ source, at: target })),
    { source: paths.merged, at: INSIDE.workspace, writable: true },
    { source: paths.home, at: INSIDE.home, writable: true },
    { source: paths.run, at: INSIDE.run },
    ...Object.entries(network?.files ?? {}).map(([at, source]) => ({ source, at })),
  ];
  return {
    Image: image.id,
    Entrypoint: [program],
    Cmd: rest,
    Env: [],
    User: user,
    WorkingDir: INSIDE.workspace,
    Hostname: 'heddle',
    Healthcheck: { Test: ['NONE'] },
    Labels: labels,
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: false,
    OpenStdin: false,
    HostConfig: {
      Mounts: lastOfEach(all).map(({ source, at, writable }) => ({
        Type: 'bind' as const,
        Source: source,
        Target: at,
        ReadOnly: writable !== true,
      })),
      Tmpfs: {
        // A volume that its image declares would be made on the host's disk, without an end.
        ...Object.fromEntries(image.volumes.map((at) => [at, temporary])),
        '/tmp': temporary,
        '/var/tmp': temporary,
        '/run': `rw,nosuid,nodev,noexec,mode=755,size=${String(RUN_BYTES)}`,
      },
      ShmSize: shmBytes,
      ReadonlyRootfs: true,
      // A descriptor of this process, which the engine opens: the namespace has no name.
      NetworkMode: network === undefined ? 'none' : namespacePath(network),
      IpcMode: 'private',
      CgroupnsMode: 'private',
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges', `seccomp=${plan.seccomp}`],
      Privileged: false,
      Ulimits: [
        { Name: 'core', Soft: 0, Hard: 0 },
        sameLimit('nofile', atMost(limits.openFiles, plan.own.openFiles)),
        sameLimit('nproc', atMost(PROCESSES, plan.own.processes)),
      ],
      LogConfig: { Type: 'none', Config: {} },
      RestartPolicy: { Name: 'no' },
      AutoRemove: false,
      ...(plan.runtime === undefined ? {} : { Runtime: plan.runtime }),
    },
  };
}

function namespacePath({ namespace }: BoxNetwork): string {
  return `ns:/proc/${String(globalThis.process.pid)}/fd/${String(namespace.descriptor)}`;
}

/** An engine takes one mount for a place: what comes later lies above. */
function lastOfEach(mounts: readonly ContainerMount[]): ContainerMount[] {
  return [...new Map(mounts.map((mount) => [mount.at, mount])).values()];
}

function sameLimit(
  name: string,
  value: number,
): { readonly Name: string; readonly Soft: number; readonly Hard: number } {
  return { Name: name, Soft: value, Hard: value };
}

function atMost(wanted: number | undefined, own: number): number {
  if (wanted === undefined) return own;
  return own === -1 ? wanted : Math.min(wanted, own);
}
