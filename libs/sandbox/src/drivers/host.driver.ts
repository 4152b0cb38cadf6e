import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { killQuietly } from '../cgroup/sandbox-cgroup.js';
import { makeMemoryFile } from '../native/libc.js';
import type { BoxNetwork } from '../network/box-network.js';
import { readStatusFile, signalOf } from '../process/exit-status.js';
import { startDrainer } from '../process/output-drain.js';
import { hostIdentity, identifyProcess, parentOf, type ProcessIdentity } from '../process/process-identity.js';
import { openPipeStdio, openTerminalStdio } from '../process/attached-stdio.js';
import { startCommand, type StartedProcess } from '../process/start-process.js';
import type { BoxPaths } from '../workspace/box-paths.js';
import { BoxHost, type BoxParts } from './box-host.js';
import type { CommandWrapper, WrappedCommand } from './command-wrapper.js';
import type {
  AttachedProcess,
  AttachedSpec,
  BoxSpec,
  DriverDescription,
  ProcessEnding,
  ProcessSpec,
  SpawnedProcess,
} from './sandbox-driver.js';

const RECOVER_MS = 2_000;

/** What reads a terminal's keys has to be the first of a session of its own; a root file system may lack the program. */
const IN_TERMINAL = [
  '/bin/sh',
  '-c',
  'if command -v setsid >/dev/null 2>&1; then exec setsid -c "$@"; fi; exec "$@"',
  'sh',
] as const;

/** A driver whose boxes are processes of this host: what differs between such drivers is the wrapper. */
export class HostDriver extends BoxHost {
  constructor(
    description: DriverDescription,
    parts: BoxParts,
    private readonly wrapper: CommandWrapper,
  ) {
    super(description, parts);
  }

  inside(paths: BoxPaths): ReturnType<CommandWrapper['inside']> {
    return this.wrapper.inside(paths);
  }

  protected prepare(box: BoxSpec): Promise<void> {
    return this.wrapper.prepare(box);
  }

  async spawn(
    box: BoxSpec,
    process: ProcessSpec,
    onDrained: (drainers: readonly ProcessIdentity[]) => Promise<void>,
    network?: BoxNetwork,
  ): Promise<SpawnedProcess> {
    const host = await hostIdentity();
    const wrapped = await this.wrapper.wrap(box, process, network);
    const argv = this.parts.fileSystem.enter(box.paths, box.layers, wrapped.argv, box.homeLayers);
    const files: number[] = [];
    try {
      const extra = this.openExtra(box, process.id, wrapped, files);
      const owner = globalThis.process.getuid?.() === 0 ? box.uid : undefined;
      const spools = { ...process.spool, capBytes: process.outputCapBytes, owner };
      const { stdout, stderr, drainer } = startDrainer(spools, host);
      files.push(stdout, stderr);
      await onDrained([drainer.identity]);
      const startedAt = Date.now();
      const cgroups = this.containment(box).directories;
      const { openFiles } = box.limits;
      const { environment, cwd } = wrapped;
      const options = { argv, cgroups, openFiles, cwd, stdin: 'ignore', extra, environment } as const;
      const start = (): StartedProcess => startCommand(options, stdout, stderr, host);
      // A child is born in the network of the thread that makes it.
      const main = network === undefined ? start() : network.namespace.run(start);
      return {
        main: main.identity,
        drainers: [drainer.identity],
        startedAt,
        exited: main.exited,
        drained: drainer.exited,
      };
    } finally {
      for (const fd of files) closeSync(fd);
    }
  }

  async attach(box: BoxSpec, process: AttachedSpec): Promise<AttachedProcess> {
    const { id, window, environment } = process;
    const host = await hostIdentity();
    const command = window === undefined ? process.command : [...IN_TERMINAL, ...process.command];
    const wrapped = await this.wrapper.wrap(box, { command, environment });
    const { layers, homeLayers } = await this.layersOf(box);
    const argv = this.parts.fileSystem.enter(box.paths, layers, wrapped.argv, homeLayers);
    const owner = globalThis.process.getuid?.() === 0 ? box.uid : undefined;
    const { platform, program, closeProgramEnds } =
      window === undefined ? openPipeStdio(owner) : openTerminalStdio(window, owner);
    const files: number[] = [];
    try {
      const extra = this.openExtra(box, id, wrapped, files);
      const cgroups = this.containment(box).directories;
      const { openFiles } = box.limits;
      const { stdin, stdout, stderr } = program;
      const options = { argv, cgroups, openFiles, cwd: wrapped.cwd, stdin, extra, environment: wrapped.environment };
      const { identity, exited } = startCommand(options, stdout, stderr, host);
      return { ...platform, main: identity, exited };
    } catch (error) {
      for (const stream of [platform.input, platform.output, platform.errorOutput]) stream?.destroy();
      throw error;
    } finally {
      closeProgramEnds();
      for (const fd of files) closeSync(fd);
    }
  }

  async recover(box: BoxSpec, processId: string): Promise<ProcessIdentity | undefined> {
    const end = performance.now() + RECOVER_MS;
    for (;;) {
      const { initPid, exitCode } = await readStatusFile(this.statusPath(box, processId));
      if (exitCode !== undefined) return undefined;
      if (initPid !== undefined) {
        // The number may be another process's by now.
        if (!(await this.containment(box).members()).includes(initPid)) return undefined;
        const parent = await parentOf(initPid);
        return parent === undefined || parent <= 1 ? undefined : identifyProcess(parent);
      }
      if (performance.now() > end || (await this.isEmpty(box))) return undefined;
      await delay(20);
    }
  }

  async ending(box: BoxSpec, processId: string): Promise<ProcessEnding> {
    const { exitCode } = await readStatusFile(this.statusPath(box, processId));
    return { exitCode, signal: signalOf(exitCode) };
  }

  async terminate(box: BoxSpec, processId: string, mainPid: number): Promise<void> {
    const { initPid } = await readStatusFile(this.statusPath(box, processId));
    for (const pid of await this.containment(box).members()) {
      if (pid !== mainPid && pid !== initPid) killQuietly(pid, 'SIGTERM');
    }
  }

  /** The status file and what is handed over: descriptors 3, 4, … of the command, which `files` is to close. */
  private openExtra(box: BoxSpec, id: string, { handed }: WrappedCommand, files: number[]): readonly number[] {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC;
    const extra = [openSync(this.statusPath(box, id), flags, 0o600)];
    files.push(...extra);
    for (const content of handed) {
      const fd = makeMemoryFile(content);
      files.push(fd);
      extra.push(fd);
    }
    return extra;
  }

  private statusPath(box: BoxSpec, processId: string): string {
    return join(box.paths.control, `${processId}.status`);
  }
}
