import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ManagedProcess } from '../processes/managed-process.js';
import type { ProcessSpec } from '../processes/process-spec.js';
import { ensureBubblewrap } from '../servers/bubblewrap.js';
import { cacheDirectory, makeReachable } from '../servers/directories.js';
import { timed, type Say } from '../servers/progress.js';
import { serverUser } from '../servers/server-user.js';
import { ownDataDirectory, type OwnedDataDirectory } from './data-directory.js';
import { prepareServers } from './embedded-servers.js';
import { endLeftovers, marks } from './leftovers.js';
import { migrate } from './migrations.js';
import { PortBook } from './port-book.js';
import { ProcessRecord } from './process-record.js';
import { REPOSITORY_ROOT } from './repository-root.js';
import { removeRunJson, writeRunJson, type RunJson } from './run-json.js';
import { loadSecrets } from './secrets.js';
import { SERVER_HEIRS, serviceHeir } from './heirs.js';
import { serviceSpec } from './service-spec.js';
import { grouped, SERVICES, type ServiceDefinition, type Wiring } from './service-table.js';
import { aborted } from './start-aborted.js';
import type { PlatformOptions, RunningPlatform } from './running-platform.js';
import { supervisorSocket, urlHost } from './addresses.js';
import { checkSandboxMode } from './sandbox-mode.js';
import { launcherSettings, type LauncherSettings } from './settings.js';

/**
 * Brings everything up in one data directory and keeps it up until `stop`.
 * @throws {SetupError} what is missing, with the ways out; nothing is left running then
 */
export async function startPlatform(options: PlatformOptions = {}): Promise<RunningPlatform> {
  const env = {
    ...(options.env ?? process.env),
    ...(options.dataDir === undefined ? {} : { HEDDLE_DATA_DIR: options.dataDir }),
  };
  const settings = launcherSettings(env);
  const say = options.say ?? (() => undefined);
  const user = await serverUser(say);
  const owned = await ownDataDirectory(settings.dataDirectory, user);
  const platform = new Platform(owned, settings, env, say, options);
  const starting = platform.start(user);
  try {
    await Promise.race([starting, aborted(options.signal)]);
  } catch (error) {
    // After an abort the start itself ends a little later, because the platform that it starts is stopped.
    starting.catch(() => undefined);
    await platform.stop();
    throw error;
  }
  return platform;
}

class Platform implements RunningPlatform {
  private readonly record: ProcessRecord;
  private readonly processes = new Map<string, ManagedProcess>();
  private readonly killed = new Map<string, number>();
  private readonly services: readonly ServiceDefinition[];
  private wiring: Wiring | undefined;
  private stopped: Promise<void> | undefined;
  private starting: Promise<void> | undefined;
  /** Ends programs that run for the start: builds, migrations. */
  private readonly giveUp = new AbortController();
  private serving = false;

  constructor(
    private readonly owned: OwnedDataDirectory,
    private readonly settings: LauncherSettings,
    private readonly env: NodeJS.ProcessEnv,
    private readonly say: Say,
    private readonly options: PlatformOptions,
  ) {
    this.record = new ProcessRecord(owned.path);
    this.services = options.services ?? SERVICES;
  }

  get dataDirectory(): string {
    return this.owned.path;
  }

  get runJson(): RunJson {
    const { wiring } = this;
    if (!wiring) throw new Error('the platform is not up yet');
    return {
      url: `http://${urlHost(wiring.host)}:${wiring.httpPort}`,
      grpcAddress: `${urlHost(wiring.host)}:${wiring.grpcPort}`,
      adminToken: wiring.adminToken,
      processes: [...this.processes.values()].flatMap(({ name, pid }) => (pid === undefined ? [] : [{ name, pid }])),
    };
  }

  start(user: Awaited<ReturnType<typeof serverUser>>): Promise<void> {
    this.starting = this.startAll(user);
    return this.starting;
  }

  private async startAll(user: Awaited<ReturnType<typeof serverUser>>): Promise<void> {
    const { env, say, dataDirectory } = this;
    if (this.options.services === undefined) checkSandboxMode(env);
    removeRunJson(dataDirectory);
    await endLeftovers(dataDirectory, this.record.earlier(), [this.services.map(serviceHeir), SERVER_HEIRS], say);
    this.record.clear();
    const cache = cacheDirectory(env);
    await makeReachable(cache, user, 'HEDDLE_CACHE_DIR');
    if (!this.settings.unsafeHost) await ensureBubblewrap(env, say);

    const ports = new PortBook(dataDirectory);
    const secrets = loadSecrets(dataDirectory);
    const context = { env, cacheDirectory: cache, user, say, signal: this.giveUp.signal };
    const servers = await prepareServers(dataDirectory, this.settings, secrets, ports, context);
    await Promise.all(
      servers.embedded.map(({ spec }) =>
        this.startProcess({ ...spec, env: { ...spec.env, ...marks(dataDirectory, spec.name) } }),
      ),
    );

    const { host, httpPort, grpcPort, temporalNamespace } = this.settings;
    const runner = join(dataDirectory, 'runner');
    await mkdir(runner, { recursive: true, mode: 0o755 });
    this.wiring = {
      dataDirectory,
      host,
      httpPort: await ports.chooseWanted('http', this.options.ports?.http ?? httpPort, host, 'HEDDLE_HTTP_PORT'),
      grpcPort: await ports.chooseWanted('grpc', this.options.ports?.grpc ?? grpcPort, host, 'HEDDLE_GRPC_PORT'),
      schedulerPort: await ports.choose('scheduler'),
      reviewPort: await ports.choose('review'),
      supervisorSocket: supervisorSocket(runner),
      adminToken: this.settings.adminToken ?? secrets.adminToken,
      internalToken: secrets.internalToken,
      databaseUrl: servers.databaseUrl,
      natsUrl: servers.natsUrl,
      natsToken: servers.natsToken,
      temporalAddress: servers.temporalAddress,
      temporalNamespace,
    };
    await this.startServices(this.wiring, ports);
    this.serving = true;
    this.keepRunJson();
  }

  kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): number {
    const pid = this.process(name).kill(signal);
    if (pid === undefined) throw new Error(`${name} does not run`);
    this.killed.set(name, pid);
    return pid;
  }

  async waitRestarted(name: string): Promise<void> {
    await this.process(name).servedByOther(this.killed.get(name));
  }

  stop(): Promise<void> {
    this.stopped ??= this.stopAll();
    return this.stopped;
  }

  private async startServices(wiring: Wiring, ports: PortBook): Promise<void> {
    const { env, services } = this;
    const root = this.options.repositoryRoot ?? REPOSITORY_ROOT;
    const specs = new Map<string, ProcessSpec>();
    for (const service of services) {
      specs.set(service.name, serviceSpec(service, wiring, await ports.choose(`${service.name}-health`), env, root));
    }
    const startTogether = (group: readonly ServiceDefinition[]): Promise<unknown> =>
      Promise.all(group.flatMap(({ name }) => specs.get(name) ?? []).map((spec) => this.startProcess(spec)));
    const [first = [], ...others] = grouped(services, ({ startGroup }) => startGroup);
    if (first.some(({ migration }) => migration !== undefined)) throw new Error('the first group must need no schema');
    await Promise.all([this.migrateAll(wiring, root), startTogether(first)]);
    for (const group of others) await startTogether(group);
  }

  private async migrateAll(wiring: Wiring, root: string): Promise<void> {
    const migrating = this.services.filter(({ migration }) => migration !== undefined);
    if (migrating.length === 0) return;
    await timed(this.say, 'database schemas up to date', () =>
      Promise.all(migrating.map((service) => migrate(service, wiring, this.env, root, this.giveUp.signal))),
    );
  }

  private async startProcess(spec: ProcessSpec): Promise<void> {
    if (this.stopped) throw new Error(`${spec.name} is not started: the platform stops`);
    const managed = new ManagedProcess(spec, {
      logDirectory: join(this.dataDirectory, 'logs'),
      say: this.say,
      onStarted: (name, identity) => {
        this.record.set(name, identity);
      },
      onReady: () => {
        this.keepRunJson();
      },
    });
    this.processes.set(spec.name, managed);
    await timed(this.say, `${spec.name} serves`, () => managed.start());
  }

  private keepRunJson(): void {
    if (this.serving) writeRunJson(this.dataDirectory, this.runJson);
  }

  private async stopAll(): Promise<void> {
    this.serving = false;
    this.giveUp.abort();
    removeRunJson(this.dataDirectory);
    for (const group of grouped(this.services, ({ stopGroup }) => stopGroup)) {
      await this.stopTogether(group.map(({ name }) => name));
    }
    await this.stopTogether([...this.processes.keys()]);
    // A start that was given up is over when what it was doing has ended too.
    await this.starting?.catch(() => undefined);
    this.record.clear();
    await this.owned.release();
  }

  private async stopTogether(names: readonly string[]): Promise<void> {
    const running = names.flatMap((name) => this.processes.get(name) ?? []);
    await Promise.all(running.map((managed) => managed.stop()));
  }

  private process(name: string): ManagedProcess {
    const found = this.processes.get(name);
    if (!found) throw new Error(`${name} is not one of ${[...this.processes.keys()].join(', ')}`);
    return found;
  }
}
