import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hostRoot } from '../bubblewrap/host-root.js';
import { baseEnvironment, INSIDE } from '../bubblewrap/inside.js';
import { nodeRoot, userRoot } from '../bubblewrap/toolchain.js';
import { killQuietly } from '../cgroup/sandbox-cgroup.js';
import { BoxHost, type BoxParts } from '../drivers/box-host.js';
import type {
  AttachedProcess,
  BoxSpec,
  DriverDescription,
  ProcessEnding,
  ProcessSpec,
  SpawnedProcess,
} from '../drivers/sandbox-driver.js';
import type { BoxNetwork } from '../network/box-network.js';
import { signalOf } from '../process/exit-status.js';
import { startDrainer } from '../process/output-drain.js';
import { hostIdentity, identifyProcess, isAlive, type ProcessIdentity } from '../process/process-identity.js';
import { errnoOf, SandboxError } from '../sandbox-error.js';
import { ociProfile } from '../seccomp/oci-profile.js';
import type { ContainerEngine, ContainerState, ImageFacts } from './container-engine.js';
import { containerOptions } from './container-options.js';
import { mountsOf, type ContainerMount } from './container-root.js';
import type { ImagePolicy } from './image-policy.js';
import { ownLimits } from './own-limits.js';
import { StartGate } from './start-gate.js';

const POLL_MS = 20;
const START_MS = 20_000;
/** Between a process's death and the engine's record of it. */
const RECORD_MS = 10_000;

const [RUNNER, BOX, PROCESS] = ['heddle.runner', 'heddle.box', 'heddle.process'];

export interface ContainerDriverOptions {
  readonly engine: ContainerEngine;
  readonly images: ImagePolicy;
  /** As the engine knows it; undefined: its own choice. */
  readonly runtime: string | undefined;
  /** For files that all boxes share. */
  readonly directory: string;
  /** Marks the containers of this runner among those of the engine. */
  readonly runner: string;
}

/**
 * A container of the engine's for each process of a box, over the box's own work tree, and moved into the box's own
 * control group before anything of the agent's runs in it: docs/adr/0018-containers-over-our-own-boxes.md.
 */
export class ContainerDriver extends BoxHost {
  private readonly users = new Map<number, Promise<ContainerMount[]>>();
  private shared: Promise<{ readonly programs: ContainerMount[]; readonly node: ContainerMount[] }> | undefined;
  private filter: Promise<string> | undefined;

  constructor(
    description: DriverDescription,
    parts: BoxParts,
    private readonly options: ContainerDriverOptions,
  ) {
    super(description, parts);
  }

  inside(): typeof INSIDE {
    return INSIDE;
  }

  protected async prepare(box: BoxSpec): Promise<void> {
    if (box.root !== undefined) {
      const message = 'A container has an image as its root file system (rootfs.image), or the programs of the host';
      throw new SandboxError('ROOTFS_NOT_ALLOWED', message);
    }
    // Before anything of it is mounted: it is there for `attach` alone.
    if (box.above !== undefined) throw noTerminal();
    await this.image(box);
  }

  async spawn(
    box: BoxSpec,
    process: ProcessSpec,
    onDrained: (drainers: readonly ProcessIdentity[]) => Promise<void>,
    network?: BoxNetwork,
  ): Promise<SpawnedProcess> {
    const host = await hostIdentity();
    const name = this.containerName(box, process.id);
    const image = await this.image(box);
    const gate = await StartGate.make(box.paths, process.id, box.uid);
    const spools = { ...process.spool, capBytes: process.outputCapBytes, owner: undefined, pipes: gate.pipes };
    const { stdout, stderr, drainer } = startDrainer(spools, host);
    try {
      await onDrained([drainer.identity]);
      const startedAt = Date.now();
      const plan = { box, process, image, network, runtime: this.options.runtime, own: await ownLimits() };
      const mounts = await this.mounts(box);
      const labels = { [RUNNER]: this.options.runner, [BOX]: box.name, [PROCESS]: process.id };
      const container = await this.options.engine.run(
        name,
        containerOptions({ ...plan, mounts, labels, seccomp: await this.seccomp() }),
      );
      const main = await this.contain(box, container);
      await gate.open(
        process.command,
        { ...baseEnvironment(), ...network?.environment, ...process.environment },
        START_MS,
      );
      return { main, drainers: [drainer.identity], startedAt, exited: gone(main), drained: drainer.exited };
    } catch (error) {
      await this.options.engine.remove(name).catch(() => undefined);
      throw error;
    } finally {
      // Process 1 has opened its own by now, or nobody will.
      closeSync(stdout);
      closeSync(stderr);
      gate.close();
    }
  }

  /** Always TERMINAL_NOT_AVAILABLE: an engine takes no descriptor of a terminal of ours, and its own would end with it. */
  attach(): Promise<AttachedProcess> {
    return Promise.reject(noTerminal());
  }

  /** A process that was never told what to run has not run. */
  async recover(box: BoxSpec, processId: string): Promise<ProcessIdentity | undefined> {
    const name = this.containerName(box, processId);
    const state = await this.options.engine.inspect(name);
    if (state === undefined) return undefined;
    const isContained = state.isRunning && (await this.containment(box).members()).includes(state.pid);
    if (isContained && !StartGate.isClosed(box.paths, processId)) return identifyProcess(state.pid);
    if (state.isRunning || state.isUnstarted) await this.options.engine.remove(name);
    return undefined;
  }

  async ending(box: BoxSpec, processId: string): Promise<ProcessEnding> {
    const end = performance.now() + RECORD_MS;
    for (;;) {
      const state = await this.options.engine.inspect(this.containerName(box, processId));
      if (state === undefined || state.isUnstarted) return { exitCode: undefined, signal: undefined };
      if (!state.isRunning) return { exitCode: state.exitCode, signal: signalOf(state.exitCode) };
      if (performance.now() > end)
        throw new SandboxError('SANDBOX_UNAVAILABLE', 'the container engine takes a process that is dead for alive');
      await delay(POLL_MS);
    }
  }

  async terminate(box: BoxSpec, _processId: string, mainPid: number): Promise<void> {
    for (const pid of await this.containment(box).members()) if (pid !== mainPid) killQuietly(pid, 'SIGTERM');
  }

  /** Also those that wait at their gate, outside of the group, and those that an engine is about to start. */
  override async kill(box: BoxSpec, limitMs: number): Promise<void> {
    await super.kill(box, limitMs);
    const end = performance.now() + limitMs;
    for (const name of await this.containers(box.name)) {
      for (;;) {
        const state = await this.options.engine.inspect(name);
        if (state === undefined) break;
        if (state.isUnstarted) await this.options.engine.remove(name);
        else if (!state.isRunning) break;
        else await this.options.engine.kill(name);
        if (performance.now() > end)
          throw new SandboxError('SANDBOX_NOT_EMPTY', `a container outlived SIGKILL for ${String(limitMs)} ms`);
        await delay(POLL_MS);
      }
    }
  }

  override async isEmpty(box: BoxSpec): Promise<boolean> {
    if (!(await super.isEmpty(box))) return false;
    for (const name of await this.containers(box.name))
      if ((await this.options.engine.inspect(name))?.isRunning === true) return false;
    return true;
  }

  override async destroy(box: BoxSpec): Promise<void> {
    for (const name of await this.containers(box.name)) await this.options.engine.remove(name);
    await super.destroy(box);
  }

  override async boxNames(): Promise<string[]> {
    // Without its engine nothing is known of a container, and nothing of it goes.
    const marked = await this.options.engine.list({ [RUNNER]: this.options.runner }, BOX).catch(unanswered);
    return [...new Set([...(await super.boxNames()), ...marked.map(({ value }) => value).filter(Boolean)])];
  }

  override async evict(boxName: string): Promise<void> {
    await super.evict(boxName);
    for (const name of await this.containers(boxName)) await this.options.engine.remove(name);
  }

  private async containers(boxName: string): Promise<string[]> {
    const found = await this.options.engine.list({ [RUNNER]: this.options.runner, [BOX]: boxName });
    return found.map(({ name }) => name);
  }

  private containerName(box: BoxSpec, processId: string): string {
    return `${this.options.runner}.${box.name}.${processId}`;
  }

  private async image(box: BoxSpec): Promise<ImageFacts> {
    if (box.image !== undefined) return this.options.images.obtain(box.image);
    return { id: await this.options.engine.emptyImage(), volumes: [] };
  }

  /** From here on the platform's own limits hold for it, and the platform's own freezer and killer reach it. */
  private async contain(box: BoxSpec, { id, pid }: ContainerState): Promise<ProcessIdentity> {
    const main = pid > 0 ? await identifyProcess(pid) : undefined;
    // A pid of another namespace would be anybody's here.
    const groups = await readFile(`/proc/${String(pid)}/cgroup`, 'utf8').catch(absent);
    if (main === undefined || groups?.includes(id) !== true) {
      const message =
        'the container ended before its first program, or the engine numbers processes otherwise than this host';
      throw new SandboxError('SANDBOX_SPAWN_FAILED', message);
    }
    for (const directory of this.containment(box).directories)
      await writeFile(join(directory, 'cgroup.procs'), String(pid));
    return main;
  }

  private async mounts(box: BoxSpec): Promise<ContainerMount[]> {
    this.shared ??= this.openShared();
    const { programs, node } = await this.shared;
    let user = this.users.get(box.uid);
    if (user === undefined) {
      user = userRoot(this.options.directory, box.uid).then((entries) => mountsOf(entries, this.options.directory));
      this.users.set(box.uid, user);
    }
    return [...(box.image === undefined ? programs : []), ...node, ...(await user)];
  }

  private async openShared(): Promise<{ readonly programs: ContainerMount[]; readonly node: ContainerMount[] }> {
    const { directory } = this.options;
    return {
      programs: await mountsOf(await hostRoot(), directory),
      node: await mountsOf(await nodeRoot(directory), directory),
    };
  }

  /** Podman reads a file, Docker takes the text. */
  private seccomp(): Promise<string> {
    this.filter ??= this.makeSeccomp();
    return this.filter;
  }

  private async makeSeccomp(): Promise<string> {
    const text = JSON.stringify(ociProfile());
    if ((await this.options.engine.facts()).kind === 'DOCKER') return text;
    const path = join(this.options.directory, 'seccomp.json');
    await mkdir(this.options.directory, { recursive: true, mode: 0o755 });
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
    return path;
  }
}

function noTerminal(): SandboxError {
  const message =
    'Terminals in sandboxes that are containers are not available yet; what was captured is a commit to be checked out';
  return new SandboxError('TERMINAL_NOT_AVAILABLE', message);
}

/** It is the engine's child and not ours: it has to be looked at. */
async function gone(identity: ProcessIdentity): Promise<void> {
  while (await isAlive(identity)) await delay(POLL_MS);
}

function absent(error: unknown): undefined {
  if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ESRCH') return undefined;
  throw error;
}

function unanswered(error: unknown): [] {
  if (SandboxError.is(error) && error.reason === 'SANDBOX_UNAVAILABLE') return [];
  throw error;
}
