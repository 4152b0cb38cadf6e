import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import Docker from 'dockerode';
import { SandboxError } from '../sandbox-error.js';

/** No answer to anything but a pull takes longer. */
const ANSWER_MS = 60_000;
const PULL_MS = 15 * 60_000;
const REMOVE_MS = 10_000;
const RETRY_MS = 50;
/** A tar without entries. */
const EMPTY_TAR = Buffer.alloc(1_024);
/** With its registry: without one an engine looks for it in the world. Podman takes no tag here. */
const EMPTY_IMAGE = 'localhost/heddle-empty';

const NOT_FOUND = 404;

export interface EngineFacts {
  /** Podman can start a container in a network namespace that is there already; Docker can't. */
  readonly kind: 'PODMAN' | 'DOCKER';
  /** True where its root is not the host's: it can't use the uids of boxes. */
  readonly rootless: boolean;
  /** The one that containers get that name none. */
  readonly defaultRuntime: string;
  readonly runtimes: readonly string[];
}

export interface ContainerState {
  readonly id: string;
  readonly isRunning: boolean;
  /** True from its making until its first start. */
  readonly isUnstarted: boolean;
  /** As the engine numbers processes; 0 where none lives. */
  readonly pid: number;
  readonly exitCode: number;
}

export interface ImageFacts {
  readonly id: string;
  /** Places that its maker wanted to be writable. */
  readonly volumes: readonly string[];
}

export type ContainerOptions = Docker.ContainerCreateOptions;

/** A container engine of this host, by its API. SANDBOX_UNAVAILABLE, with the setting's name, where it does not answer. */
export class ContainerEngine {
  private readonly docker: Docker;
  private known: Promise<EngineFacts> | undefined;
  private emptying: Promise<string> | undefined;

  /** @param socket absolute path of the engine's socket */
  constructor(private readonly socket: string) {
    this.docker = new Docker({ socketPath: socket, timeout: ANSWER_MS });
  }

  /** Asked once it has answered: they hold for the engine. */
  facts(): Promise<EngineFacts> {
    this.known ??= this.ask(async () => {
      const [version, info] = await Promise.all([this.docker.version(), this.docker.info() as Promise<EngineInfo>]);
      const names = version.Components.map(({ Name: name }) => name);
      return {
        kind: names.some((name) => name.startsWith('Podman')) ? ('PODMAN' as const) : ('DOCKER' as const),
        // Also where it maps the ids of containers.
        rootless: (info.SecurityOptions ?? []).some((option) => /name=(?:rootless|userns)/.test(option)),
        defaultRuntime: info.DefaultRuntime ?? '',
        runtimes: Object.keys(info.Runtimes ?? {}),
      };
    }).catch((error: unknown) => {
      this.known = undefined;
      throw error;
    });
    return this.known;
  }

  /** Makes and starts one; one of this name that is there already goes first. */
  async run(name: string, options: ContainerOptions): Promise<ContainerState> {
    return this.ask(async () => {
      await this.removeOne(name);
      const container = await this.docker.createContainer({ ...options, name });
      await container.start();
      const state = await this.inspect(name);
      if (state === undefined)
        throw new SandboxError('SANDBOX_SPAWN_FAILED', 'the container engine lost what it started');
      return state;
    });
  }

  /** Undefined if there is none of this name. */
  inspect(name: string): Promise<ContainerState | undefined> {
    return this.ask(async () => {
      const found = await this.docker.getContainer(name).inspect().catch(absent);
      if (found === undefined) return undefined;
      const { Status: status, Pid: pid, ExitCode: exitCode } = found.State;
      return {
        id: found.Id,
        isRunning: !['created', 'configured', 'initialized', 'exited', 'stopped', 'dead'].includes(status),
        isUnstarted: ['created', 'configured', 'initialized'].includes(status),
        pid,
        exitCode,
      };
    });
  }

  /** All that carry every one of the labels, whether they run or not: names, and the value of `label`. */
  list(
    labels: Readonly<Record<string, string>>,
    label = '',
  ): Promise<{ readonly name: string; readonly value: string }[]> {
    const wanted = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    return this.ask(async () => {
      const found = await this.docker.listContainers({ all: true, filters: { label: wanted } });
      return found.map(({ Id: id, Labels: all }) => ({ name: id, value: all[label] ?? '' }));
    });
  }

  /** Kills it if it runs, and forgets it. */
  remove(name: string): Promise<void> {
    return this.ask(() => this.removeOne(name));
  }

  /** Its processes; what is on record of it stays. Whether it did anything is for `inspect` to say: an engine is late to know who is dead. */
  kill(name: string): Promise<void> {
    return this.ask(async () => {
      await this.docker.getContainer(name).kill({ signal: 'SIGKILL' }).catch(answered);
    });
  }

  /** Undefined if it is not there. */
  image(name: string): Promise<ImageFacts | undefined> {
    return this.ask(async () => {
      const found = await this.docker.getImage(name).inspect().catch(absent);
      if (found === undefined) return undefined;
      // Absent in images that were imported.
      const config = found.Config as Partial<typeof found.Config> | undefined;
      return { id: found.Id, volumes: Object.keys(config?.Volumes ?? {}) };
    });
  }

  /** With the rights that the engine itself has at the registry. */
  async pull(name: string): Promise<void> {
    const abortSignal = AbortSignal.timeout(PULL_MS);
    const puller = new Docker({ socketPath: this.socket });
    await this.ask(async () => {
      const progress = await puller.pull(name, { abortSignal });
      await new Promise<void>((resolve, reject) => {
        puller.modem.followProgress(progress, (error: Error | null) => {
          if (error === null) resolve();
          else
            reject(new SandboxError('SANDBOX_UNAVAILABLE', `The image ${name} could not be pulled: ${error.message}`));
        });
      });
    });
  }

  /** The id of an image with nothing in it, which is made where it is not there. */
  emptyImage(): Promise<string> {
    this.emptying ??= this.makeEmptyImage().finally(() => (this.emptying = undefined));
    return this.emptying;
  }

  private async makeEmptyImage(): Promise<string> {
    const present = await this.image(`${EMPTY_IMAGE}:latest`);
    if (present !== undefined) return present.id;
    await this.ask(async () => {
      const progress = await this.docker.importImage(Readable.from([EMPTY_TAR]), { repo: EMPTY_IMAGE });
      await new Promise<void>((resolve, reject) => {
        progress.on('end', resolve).on('error', reject).resume();
      });
    });
    const made = await this.image(`${EMPTY_IMAGE}:latest`);
    if (made === undefined) throw new SandboxError('SANDBOX_UNAVAILABLE', 'The container engine took no empty image.');
    return made.id;
  }

  /** An engine refuses to where it has not seen yet that a process is dead. */
  private async removeOne(name: string): Promise<void> {
    for (const end = performance.now() + REMOVE_MS; ;) {
      try {
        await this.docker.getContainer(name).remove({ force: true, v: true });
        return;
      } catch (error) {
        if (statusOf(error) === NOT_FOUND) return;
        if (statusOf(error) === undefined || performance.now() > end) throw error;
      }
      await delay(RETRY_MS);
    }
  }

  private async ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      if (SandboxError.is(error)) throw error;
      const detail = error instanceof Error ? error.message : String(error);
      throw new SandboxError(
        'SANDBOX_UNAVAILABLE',
        `The container engine at ${this.socket} (HEDDLE_CONTAINER_HOST) did not do what it was asked: ${detail}`,
        { cause: error },
      );
    }
  }
}

interface EngineInfo {
  readonly SecurityOptions?: readonly string[] | null;
  readonly DefaultRuntime?: string;
  readonly Runtimes?: Readonly<Record<string, unknown>> | null;
}

function statusOf(error: unknown): number | undefined {
  return (error as { readonly statusCode?: number }).statusCode;
}

function absent(error: unknown): undefined {
  if (statusOf(error) !== NOT_FOUND) throw error;
}

/** Whatever it was, as long as it was an answer. */
function answered(error: unknown): undefined {
  if (statusOf(error) === undefined) throw error;
}
