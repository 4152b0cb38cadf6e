import { once } from 'node:events';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { AgentSpec, EnvironmentSecret_Kind, SandboxLimits, type Check, type EgressRequest } from '@heddle/contracts';
import { SandboxOwner_Kind, SandboxSecret, SandboxSpec, type ModelAccess } from '@heddle/contracts/internal';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { HeddleError } from '@heddle/domain';
import { createLogger } from '@heddle/platform/logging';
import { groupName, mountsBelow } from '@heddle/sandbox';
import { controlGroupsWith } from '@heddle/testing/control-groups';
import { CheckpointService } from '../runner/capture/checkpoint-service.js';
import { hostFacts } from '../runner/layers/layer-plan.js';
import { openLayers } from '../runner/layers/open-layers.js';
import { TrackedTrees } from '../runner/layers/tracked-trees.js';
import type { LogPublisher } from '../runner/logs/log-publisher.js';
import { LogPumps } from '../runner/logs/log-pumps.js';
import { EgressReports } from '../runner/network/egress-reports.js';
import { HostPresets } from '../runner/network/presets/host-presets.js';
import { RunnerEgress } from '../runner/network/runner-egress.js';
import { Clearing } from '../runner/phases/clearing.js';
import type { PhaseContext } from '../runner/phases/phase-context.js';
import { clear } from '../runner/phases/release.phase.js';
import type { TurnLimits } from '../runner/phases/turn-watch.js';
import { BaseStore } from '../runner/repositories/base-store.js';
import { MirrorStore } from '../runner/repositories/mirror-store.js';
import { UidAllocator } from '../runner/repositories/uid-allocator.js';
import type { LimitDefaults } from '../runner/sandboxes/sandbox-limits.js';
import { SandboxStore } from '../runner/sandboxes/sandbox-store.js';
import { SandboxUids } from '../runner/sandboxes/sandbox-uids.js';
import { SandboxSecrets } from '../runner/secrets/sandbox-secrets.js';
import type { ModelRefusal, SandboxSpecs } from '../runner/service-clients/sandbox-specs.js';
import { SlotPool } from '../runner/slots/slot-pool.js';
import { openTools } from '../runner/tools/open-tools.js';
import { SupervisorClient } from '../runner/supervisor/supervisor-client.js';
import { LocalGitStore } from './local-git-store.js';
import { MemoryPublisher } from './memory-publisher.js';

const run = promisify(execFile);
export const SUPERVISOR = fileURLToPath(new URL('../../dist/supervisor/main.js', import.meta.url));
const LOOPBACK_NAMES = new URL('../../dist/testing/loopback-names.js', import.meta.url).href;
export const REPOSITORY = 'repo-1';

const MIB = 1024 * 1024;

/** Small, and more than any test needs that is not about them. */
const LIMITS: LimitDefaults = {
  memoryBytes: 2048 * MIB,
  processes: 4096,
  outputBytes: 64 * MIB,
  cpuMillis: 0,
  diskBytes: 1024 * MIB,
  diskInodes: 50_000,
  openFiles: 4096,
  idleMs: 0,
};

/** What a test says of a sandbox; the rest is the messages' own defaults. */
type SpecFields = Partial<Omit<SandboxSpec, 'limits'>> & { readonly limits?: Partial<SandboxLimits> };

/** A runner without Temporal and NATS over a real supervisor, bubblewrap and git. */
export class RunnerHarness {
  private readonly never = new AbortController();
  readonly publisher = new MemoryPublisher();
  readonly specs = new Map<string, SandboxSpec>();
  /** From the runner's next start on. */
  layerBudgetBytes = 1024 ** 4;
  /** Of every sandbox. */
  readonly secrets: SandboxSecret[] = [];
  /** What the scheduler was told of each owner's requests. */
  readonly requests = new Map<string, EgressRequest[]>();
  /** By what agents reach their models, those that name a credential. */
  model: ModelAccess | undefined;
  /** What the scheduler was told of models that were asked too often. */
  readonly refusals: ModelRefusal[] = [];
  privateHosts: readonly string[] = [];
  modelWaitMs = 5_000;
  /** From the runner's next start on. */
  turnLimits: TurnLimits = { exitGraceMs: 0, repeats: 0 };
  /** From the runner's next start on. */
  agentPackages = fileURLToPath(new URL('../../../../deploy/agents', import.meta.url));
  private supervisor: ChildProcess | undefined;
  private opened: PhaseContext | undefined;

  private constructor(
    readonly data: string,
    readonly store: LocalGitStore,
    readonly baseCommit: string,
  ) {}

  /** `prepare` is a shell script in the repository's work tree, before its one commit. */
  static async start(directory: string, prepare: string): Promise<RunnerHarness> {
    const work = join(directory, 'work');
    await mkdir(work, { recursive: true });
    const git = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
    await run('git', ['init', '-q', '-b', 'main', work]);
    await run('/bin/bash', ['-ec', prepare], { cwd: work });
    await run('git', [...git, 'add', '-A', '-f'], { cwd: work });
    await run('git', [...git, 'commit', '-q', '--allow-empty', '-m', 'base'], { cwd: work });
    const commit = (await run('git', ['rev-parse', 'HEAD'], { cwd: work })).stdout.trim();
    const store = await LocalGitStore.at(directory);
    await store.importFrom(join(work, '.git'), commit);
    const harness = new RunnerHarness(join(directory, 'data'), store, commit);
    await mkdir(harness.runner, { recursive: true });
    harness.startSupervisor();
    await harness.restartRunner();
    return harness;
  }

  /** A runner of its own process beside the supervisor that `start` has made for the directory. */
  static async join(directory: string, baseCommit: string): Promise<RunnerHarness> {
    const harness = new RunnerHarness(join(directory, 'data'), await LocalGitStore.at(directory), baseCommit);
    await harness.restartRunner();
    return harness;
  }

  /** Checks the base out before anybody needs it. */
  async warmBase(): Promise<void> {
    const spec = { ...SandboxSpec.create(), repositoryId: REPOSITORY, baseCommit: this.baseCommit };
    (await this.context.sandboxes.warm(spec))();
  }

  /** Nothing that was released is still there. */
  async cleared(): Promise<void> {
    await this.until(() => this.context.clearing.count === 0);
  }

  /** Never aborted. */
  get signal(): AbortSignal {
    return this.never.signal;
  }

  get runner(): string {
    return join(this.data, 'runner');
  }

  get context(): PhaseContext {
    if (this.opened === undefined) throw new Error('the runner is not open');
    return this.opened;
  }

  /** Of supervisors that are started from now on. */
  readonly supervisorEnvironment: Record<string, string> = {};

  startSupervisor(): void {
    const env = {
      ...process.env,
      ...this.supervisorEnvironment,
      HEDDLE_DATA_DIR: this.data,
      HEDDLE_SUPERVISOR_SOCKET: join(this.data, 's.sock'),
      HEDDLE_LOG_LEVEL: 'warn',
    };
    this.supervisor = spawn(process.execPath, ['--import', LOOPBACK_NAMES, SUPERVISOR], {
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  }

  async signalSupervisor(signal: NodeJS.Signals): Promise<void> {
    const child = this.supervisor;
    if (child === undefined || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  /** A runner process that died and came back: nothing of it but files is left. */
  async restartRunner(): Promise<void> {
    // What it was removing would stay: the next one removes it only where a spec has it take over.
    if (this.opened !== undefined) await this.cleared();
    this.opened?.supervisor.close();
    await this.opened?.logs.stopAll();
    this.opened?.egressReports.stopAll();
    const logger = createLogger('test', process.env['HEDDLE_TEST_LOG'] ?? 'silent');
    const supervisor = new SupervisorClient(join(this.data, 's.sock'));
    const hello = await supervisor.call('hello', {});
    const mirrors = new MirrorStore(join(this.runner, 'mirrors'), this.store);
    const bases = new BaseStore(join(this.runner, 'bases'), mirrors, new UidAllocator(this.runner));
    const sandboxes = new SandboxStore(
      join(this.runner, 'sandboxes'),
      bases,
      hello.description.usersPerSandbox ? new SandboxUids(this.runner) : undefined,
      LIMITS,
    );
    await sandboxes.prepare();
    const { layers, builds } = await openLayers(this.runner, this.layerBudgetBytes, logger);
    const presets = new HostPresets();
    const specs = this.specService();
    const secrets = new SandboxSecrets(specs);
    const context: PhaseContext = {
      hello,
      supervisor,
      sandboxes,
      slots: new SlotPool({ slots: 100, claimLifeMs: 60_000 }),
      specs,
      tools: await openTools({
        hello,
        supervisor,
        sandboxes,
        directory: join(this.runner, 'agents'),
        packages: this.agentPackages,
        logger,
      }),
      store: this.store,
      secrets,
      mirrors,
      trees: new TrackedTrees(),
      layers,
      builds,
      hostFacts: await hostFacts(hello.description),
      checkpoints: new CheckpointService(supervisor, hello, this.store, secrets),
      logs: new LogPumps(this.publisher as unknown as LogPublisher, secrets, hello, logger),
      egress: new RunnerEgress({
        hello,
        supervisor,
        secrets,
        presets,
        privateHosts: this.privateHosts,
        modelWaitMs: this.modelWaitMs,
        logger,
      }),
      egressReports: new EgressReports(specs, secrets, logger),
      clearing: new Clearing((sandbox, isEvicted) => clear(context, sandbox, isEvicted), logger),
      logger,
      turnLimits: this.turnLimits,
      checkpointPace: { leastMs: 3_600_000, storedMs: 3_600_000, mostMs: 3_600_000 },
    };
    this.opened = context;
  }

  attempt(id: string, command: readonly string[], { limits, ...more }: SpecFields = {}): SandboxOwnerRef {
    this.specs.set(id, {
      ...SandboxSpec.create(),
      owner: { kind: SandboxOwner_Kind.ATTEMPT, id, fence: '1' },
      repositoryId: REPOSITORY,
      baseCommit: this.baseCommit,
      agent: { ...AgentSpec.create(), kind: 'COMMAND', command: [...command] },
      prompt: 'do it',
      environmentVersion: 1,
      batchId: 'b',
      taskId: 't',
      attemptNumber: 1,
      title: 'A task',
      sourceBranch: 'main',
      ...more,
      limits: limits === undefined ? undefined : { ...SandboxLimits.create(), ...limits },
    });
    return { kind: 'ATTEMPT', id, fence: 1 };
  }

  /** Of the sandboxes that ask meanwhile. */
  async withSecret<T>(secret: Partial<SandboxSecret>, work: () => Promise<T>): Promise<T> {
    this.secrets.push({ ...SandboxSecret.create(), kind: EnvironmentSecret_Kind.SETUP, ...secret });
    try {
      return await work();
    } finally {
      this.secrets.length = 0;
    }
  }

  check(name: string, script: string, seconds = 60, advisory = false): Check {
    return {
      name,
      command: ['bash', '-c', script],
      timeout: { seconds: String(seconds), nanos: 0 },
      advisory,
      proves: [],
    };
  }

  /** Waits until `condition` holds; the limit is against hanging, not a measure of speed. */
  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + 60_000;
    while (!(await condition())) {
      if (performance.now() > end) throw new Error('what the test waits for did not happen');
      await delay(20);
    }
  }

  /** Ends everything and says what of it is still on the host. */
  async stop(): Promise<string[]> {
    await this.until(() => this.context.clearing.count === 0);
    await this.context.logs.stopAll();
    this.context.egressReports.stopAll();
    this.context.supervisor.close();
    await this.signalSupervisor('SIGTERM');
    const left = (await mountsBelow(this.data)).map((path) => `mount ${path}`);
    for (const name of await readdir(join(this.runner, 'sandboxes'))) left.push(`directory ${name}`);
    for (const path of controlGroupsWith(groupName(this.runner))) left.push(`cgroup ${path}`);
    const loops = await run('/usr/sbin/losetup', ['--all', '--noheadings', '--output', 'NAME,BACK-FILE']);
    for (const line of loops.stdout.split('\n')) if (line.includes(this.data)) left.push(`loop device ${line}`);
    const uids = Object.values(
      JSON.parse(await readFile(join(this.runner, 'uids.json'), 'utf8')) as Record<string, number>,
    );
    const sandboxUids = new SandboxUids(this.runner);
    const processes = await run('ps', ['-eo', 'uid=,pid=,args=']);
    for (const line of processes.stdout.split('\n')) {
      const uid = Number.parseInt(line, 10);
      if ((uids.includes(uid) || sandboxUids.covers(uid)) && !line.includes('<defunct>'))
        left.push(`process ${line.trim()}`);
    }
    return left;
  }

  private specService(): SandboxSpecs {
    return {
      get: (owner) => this.spec(owner),
      secrets: () => Promise.resolve({ secrets: [...this.secrets], model: this.model }),
      reportModelRefusal: (_owner, refusal) => {
        this.refusals.push(refusal);
        return Promise.resolve();
      },
      recordEgress: ({ id }, requests) => {
        this.requests.set(id, [...(this.requests.get(id) ?? []), ...requests]);
        return Promise.resolve();
      },
      close: () => undefined,
    };
  }

  private async spec(owner: SandboxOwnerRef): Promise<SandboxSpec> {
    const spec = this.specs.get(owner.id);
    if (spec === undefined) throw new Error(`no spec of ${owner.id}`);
    if (spec.owner?.fence !== String(owner.fence))
      throw new HeddleError('FENCE_SUPERSEDED', `${owner.id} was claimed again since`, { metadata: {} });
    return spec;
  }
}
