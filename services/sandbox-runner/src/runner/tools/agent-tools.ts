import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ACP_BRIDGE,
  AGENT_TOOLS,
  agentAdapter,
  agentTool,
  isToolVersion,
  type AgentTool,
  type ToolHost,
} from '@heddle/agents';
import type { AgentSpec } from '@heddle/contracts';
import type { AgentToolReport, WantedAgentTool } from '@heddle/contracts/internal';
import type { Logger } from '@heddle/platform/logging';
import { SandboxError, TOOLS_INSIDE, type ToolMount } from '@heddle/sandbox';
import { INSTALLING, installTool, removeTool, REMOVING, toolDirectory } from './install-tool.js';
import { isIntact, readSeal, type ToolSeal } from './tool-seal.js';

const INSTALL_LIMIT_MS = 30 * 60_000;
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;

export interface AgentToolsOptions {
  /** Of all installed programs: `<KIND>/<version>`. Other users can reach it. */
  readonly directory: string;
  /** Where the lock files of the pinned versions are. */
  readonly packages: string;
  /** The directory of the platform's own bridges: by which ACP agents are spoken to, and of agents that are steered. */
  readonly bridge: string;
  readonly host: ToolHost;
  readonly logger: Logger;
  /** @throws SandboxError AGENT_INSTALL_FAILED unless the program in `source` says that it is this version */
  readonly check: (tool: AgentTool, version: string, source: string, signal: AbortSignal) => Promise<void>;
  /** What the sandboxes on disk were made with, by `toolKey`. */
  readonly inUse: () => Promise<ReadonlySet<string>>;
  /** Milliseconds by a clock that never goes back. */
  readonly now?: () => number;
}

interface Installed {
  readonly tool: AgentTool;
  readonly version: string;
  state: 'INSTALLING' | 'READY' | 'FAILED';
  message: string;
  seal?: ToolSeal | undefined;
  /** Of the operators' last word, and of the last one that was carried out. */
  asked: number;
  number: number;
  verifyTime?: Date | undefined;
  /** Installs in a row that failed, and when the next one may begin by itself; a person's word begins one at once. */
  failures: number;
  retryAt: number;
  /** What is under way or was last; it never rejects. */
  work: Promise<void>;
}

// What a look at it finds broken is not healed before somebody has seen that.
const NEVER_FAILED = { failures: 0, retryAt: Number.POSITIVE_INFINITY };

export function toolKey(kind: string, version: string): string {
  return `${kind}/${version}`;
}

/** The version that a specification names; empty for an agent whose program is not the platform's to bring. */
export function versionOf(agent: Pick<AgentSpec, 'kind' | 'version'> | undefined): string {
  const tool = agentTool(agent?.kind ?? '');
  return tool === undefined ? '' : agent?.version || tool.pinned;
}

/** The programs of agents on this host: brought in line with what the operators want, one piece of work at a time. */
export class AgentTools {
  private readonly installed = new Map<string, Installed>();
  private readonly held = new Map<string, number>();
  private readonly ending = new AbortController();
  private queue: Promise<void> = Promise.resolve();
  private onChange: () => void = () => undefined;

  private constructor(private readonly options: AgentToolsOptions) {}

  /** Finds what is there, and removes what an earlier process did not end. There is one process per directory. */
  static async open(options: AgentToolsOptions): Promise<AgentTools> {
    const { directory } = options;
    const tools = new AgentTools(options);
    await mkdir(directory, { recursive: true });
    await chmod(directory, 0o755);
    for (const name of await readdir(directory))
      if (name.startsWith(INSTALLING) || name.startsWith(REMOVING))
        await rm(join(directory, name), { recursive: true, force: true });
    for (const tool of AGENT_TOOLS) {
      for (const version of await readdir(join(directory, tool.kind)).catch(() => [])) {
        const seal = isToolVersion(version) ? await readSeal(toolDirectory(directory, tool.kind, version)) : undefined;
        if (seal === undefined) await removeTool(directory, join(directory, tool.kind, version));
        else tools.installed.set(toolKey(tool.kind, version), ready(tool, version, seal));
      }
    }
    return tools;
  }

  /** @param listener is told of every change of a state */
  follow(listener: () => void): void {
    this.onChange = listener;
  }

  /** No work is begun any more, and npm is ended. */
  async stop(): Promise<void> {
    this.ending.abort();
    await this.queue;
  }

  /** What this host has, for the scheduler. */
  report(): AgentToolReport[] {
    return [...this.installed.values()].map((entry) => ({
      kind: entry.tool.kind,
      version: entry.version,
      state: entry.state,
      message: entry.message,
      sizeBytes: String(entry.seal?.sizeBytes ?? 0),
      digest: entry.seal?.digest ?? '',
      locked: entry.seal?.locked ?? false,
      number: entry.number,
      verifyTime: entry.verifyTime,
    }));
  }

  /** Everything that the operators want; what is not among it goes as soon as no sandbox uses it. */
  want(wanted: readonly WantedAgentTool[]): void {
    const keys = new Set(wanted.map(({ kind, version }) => toolKey(kind, version)));
    for (const { kind, version, number } of wanted) {
      const tool = agentTool(kind);
      // A later version of the scheduler may know more.
      if (tool === undefined || !isToolVersion(version)) continue;
      const entry = this.installed.get(toolKey(kind, version));
      if (entry === undefined) this.install(tool, version, number);
      else if (entry.asked < number) this.again(entry, number);
      else if (entry.state === 'FAILED' && this.now() >= entry.retryAt) this.again(entry, entry.asked);
    }
    for (const [key, entry] of this.installed)
      if (!keys.has(key) && entry.state !== 'INSTALLING') void this.enqueue(() => this.removeUnused(key, entry));
  }

  /**
   * Sees that the program of an agent is here until the answer is called. Waits for an install that is under way, and
   * begins one where the operators want the version and this host has not heard of it yet.
   * @throws SandboxError AGENT_NOT_INSTALLED, AGENT_INSTALL_FAILED; the signal's reason (the install itself goes on)
   */
  async acquire(agent: AgentSpec | undefined, isWanted: boolean, signal: AbortSignal): Promise<() => void> {
    const tool = agentTool(agent?.kind ?? '');
    if (tool === undefined) return () => undefined;
    const version = versionOf(agent);
    const named = `${tool.kind} --version ${version}`;
    if (!isWanted)
      throw new SandboxError(
        'AGENT_NOT_INSTALLED',
        `${tool.kind} ${version} is not installed: heddle admin agents install ${named}`,
      );
    const key = toolKey(tool.kind, version);
    this.held.set(key, (this.held.get(key) ?? 0) + 1);
    const release = (): void => void this.held.set(key, (this.held.get(key) ?? 1) - 1);
    try {
      const entry = this.installed.get(key) ?? this.install(tool, version, 0);
      if (entry.state === 'INSTALLING') await unlessAborted(entry.work, signal);
      // The work has changed it meanwhile.
      const { state } = entry;
      if (state === 'INSTALLING') throw new Error('the runner stopped before the program of the agent was installed');
      if (state === 'FAILED')
        throw new SandboxError(
          'AGENT_INSTALL_FAILED',
          `${tool.kind} ${version} could not be installed: ${entry.message}. ` +
            `Have it tried again: heddle admin agents install ${named}; or take it away: heddle admin agents remove ${named}`,
        );
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** What the box of an agent has to show; empty where the agent brings its own program. */
  mounts(agent: AgentSpec | undefined): readonly ToolMount[] {
    if (agent?.kind === 'ACP') return [{ source: this.options.bridge, target: `${TOOLS_INSIDE}/${ACP_BRIDGE.folder}` }];
    const tool = agentTool(agent?.kind ?? '');
    if (tool === undefined) return [];
    const program = { source: this.place(tool, versionOf(agent)), target: `${TOOLS_INSIDE}/${tool.folder}` };
    if (!agentAdapter(tool.kind).capabilities.steers) return [program];
    return [program, { source: this.options.bridge, target: `${TOOLS_INSIDE}/bridges` }];
  }

  private install(tool: AgentTool, version: string, asked: number): Installed {
    const entry: Installed = {
      tool,
      version,
      state: 'INSTALLING',
      message: '',
      asked,
      number: 0,
      ...NEVER_FAILED,
      work: Promise.resolve(),
    };
    this.installed.set(toolKey(tool.kind, version), entry);
    entry.work = this.enqueue(() => this.bring(entry));
    this.onChange();
    return entry;
  }

  /** An operator asked once more: what is there is looked at, what failed is tried again. */
  private again(entry: Installed, asked: number): void {
    entry.asked = asked;
    if (entry.state === 'READY') entry.work = this.enqueue(() => this.verify(entry));
    else if (entry.state === 'FAILED') {
      entry.state = 'INSTALLING';
      entry.work = this.enqueue(() => this.bring(entry));
      this.onChange();
    }
  }

  private async bring(entry: Installed): Promise<void> {
    const { tool, version } = entry;
    const { directory, logger, check, inUse } = this.options;
    const signal = AbortSignal.any([this.ending.signal, AbortSignal.timeout(INSTALL_LIMIT_MS)]);
    logger.info({ kind: tool.kind, version }, 'installing the program of an agent');
    entry.retryAt = Number.POSITIVE_INFINITY;
    const isReady = await this.settle(entry, async () => {
      const place = this.place(tool, version);
      // What is there was found broken, or this would not be asked for.
      if ((await readSeal(place)) !== undefined) {
        if (await this.isUsed(toolKey(tool.kind, version), inUse))
          throw new SandboxError(
            'AGENT_INSTALL_FAILED',
            `it was changed, and a sandbox uses it still: ${entry.message}`,
          );
        await removeTool(directory, place);
      }
      const { packages, host } = this.options;
      const tried = (made: string): Promise<void> => check(tool, version, made, signal);
      entry.seal = await installTool({ tool, version, directory, packages, host, signal, check: tried });
    });
    if (isReady) Object.assign(entry, NEVER_FAILED);
    else {
      entry.retryAt = this.now() + Math.min(FIRST_PAUSE_MS * 2 ** entry.failures, LONGEST_PAUSE_MS);
      entry.failures += 1;
    }
  }

  private async verify(entry: Installed): Promise<void> {
    await this.settle(entry, async () => {
      const { tool, version, seal } = entry;
      const place = this.place(tool, version);
      if (seal === undefined || !(await isIntact(place, seal)))
        throw new SandboxError('AGENT_INSTALL_FAILED', 'its files are not what they were when it was installed');
      await this.options.check(tool, version, place, this.ending.signal);
    });
  }

  private async settle(entry: Installed, work: () => Promise<void>): Promise<boolean> {
    const { kind } = entry.tool;
    const { version } = entry;
    try {
      await work();
      Object.assign(entry, { state: 'READY', message: '', verifyTime: new Date() });
      this.options.logger.info({ kind, version }, 'the program of an agent is ready');
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      Object.assign(entry, { state: 'FAILED', message });
      this.options.logger.error({ err: error, kind, version }, 'the program of an agent is not ready');
    }
    entry.number = entry.asked;
    this.onChange();
    return entry.state === 'READY';
  }

  private now(): number {
    return (this.options.now ?? (() => performance.now()))();
  }

  private async removeUnused(key: string, entry: Installed): Promise<void> {
    const { directory, inUse, logger } = this.options;
    // Wanted again, or gone, since this was asked for.
    if (this.installed.get(key) !== entry || (await this.isUsed(key, inUse))) return;
    this.installed.delete(key);
    await removeTool(directory, this.place(entry.tool, entry.version));
    logger.info({ kind: entry.tool.kind, version: entry.version }, 'removed the program of an agent');
    this.onChange();
  }

  private async isUsed(key: string, inUse: AgentToolsOptions['inUse']): Promise<boolean> {
    if ((this.held.get(key) ?? 0) > 0) return true;
    const used = (await inUse()).has(key);
    // Asked again: a sandbox may have come while the others were read.
    return used || (this.held.get(key) ?? 0) > 0;
  }

  /** One after the other: two of them at once would only share the disk and the line. */
  private enqueue(work: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(async () => {
      if (this.ending.signal.aborted) return;
      await work().catch((error: unknown) => {
        this.options.logger.error({ err: error }, 'could not look after the programs of agents');
      });
    });
    return this.queue;
  }

  private place(tool: AgentTool, version: string): string {
    if (!isToolVersion(version))
      throw new SandboxError('AGENT_NOT_INSTALLED', `${version} is no version of ${tool.kind}`);
    return toolDirectory(this.options.directory, tool.kind, version);
  }
}

function ready(tool: AgentTool, version: string, seal: ToolSeal): Installed {
  // Number 0: it is verified anew as soon as the scheduler is heard of.
  return {
    ...{ tool, version, seal, state: 'READY', message: '' },
    ...{ asked: 0, number: 0, ...NEVER_FAILED, work: Promise.resolve() },
  };
}

function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void work.then(resolve).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });
}
