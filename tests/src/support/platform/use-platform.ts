import { afterAll, beforeAll, jest } from '@jest/globals';
import { cp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { startPlatform, type RunningPlatform, type ServiceDefinition } from '@heddle/local';
import { temporaryDirectory } from '@heddle/testing';
import { PATIENCE_MS, within } from '../bounds.js';
import { GrpcDoor } from '../doors/grpc-door.js';
import { RestDoor } from '../doors/rest-door.js';
import { expectKnownControlGroups, expectNothingLeft, untilQuiet } from './quiet.js';

/** Longer than any wait of a test, so that the wait says what it waited for. */
const TEST_LIMIT_MS = 2 * PATIENCE_MS;

/** One running platform in a data directory of its own, on free ports. */
export class PlatformUnderTest {
  #running: RunningPlatform | undefined;
  #rest: RestDoor | undefined;
  #grpc: GrpcDoor | undefined;
  #directory = '';
  readonly #said: string[] = [];

  constructor(
    private readonly settings: NodeJS.ProcessEnv,
    private readonly services: readonly ServiceDefinition[] | undefined,
  ) {}

  get running(): RunningPlatform {
    return present(this.#running);
  }

  get rest(): RestDoor {
    return present(this.#rest);
  }

  get grpc(): GrpcDoor {
    return present(this.#grpc);
  }

  get dataDirectory(): string {
    return this.running.dataDirectory;
  }

  /** What the launcher told its operator so far. */
  get said(): readonly string[] {
    return this.#said;
  }

  /** A place for repositories and the like beside the data directory; removed with it. */
  get scratch(): string {
    return join(this.#directory, 'scratch');
  }

  /** Kills a process of the platform with -9. @returns its pid */
  kill(name: ProcessName): number {
    return this.running.kill(name);
  }

  async restarted(name: ProcessName): Promise<void> {
    await within(`${name} serves again`, this.running.waitRestarted(name));
  }

  async start(): Promise<void> {
    this.#directory = await temporaryDirectory('platform');
    this.#running = await startPlatform({
      dataDir: join(this.#directory, 'data'),
      ports: { http: 0, grpc: 0 },
      env: { ...withoutSettings(process.env), ...this.settings },
      say: (line) => this.#said.push(line),
      ...(this.services === undefined ? {} : { services: this.services }),
    });
    const { url, grpcAddress, adminToken } = this.#running.runJson;
    this.#rest = new RestDoor(url, adminToken);
    this.#grpc = new GrpcDoor(grpcAddress, adminToken);
    expectKnownControlGroups(this.#running.dataDirectory);
  }

  /** Resolves when no sandbox is left, which is moments after the last attempt has ended. */
  async quiet(): Promise<void> {
    await untilQuiet(this.dataDirectory);
  }

  async stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#grpc?.close();
    let noise: unknown;
    await this.quiet().catch((error: unknown) => (noise = error));
    await running.stop();
    await this.keepLogs();
    expectNothingLeft(running.dataDirectory);
    if (noise !== undefined) throw noise as Error;
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** For whoever looks for the cause of a failure: HEDDLE_TEST_KEEP_LOGS names a directory. */
  private async keepLogs(): Promise<void> {
    const directory = process.env['HEDDLE_TEST_KEEP_LOGS'];
    if (!directory) return;
    await cp(join(this.dataDirectory, 'logs'), join(directory, basename(this.#directory)), { recursive: true });
  }
}

export type ProcessName =
  'gateway' | 'scheduler' | 'sandbox-runner' | 'supervisor' | 'review' | 'postgres' | 'nats' | 'temporal';

/**
 * A platform for the tests of a file. When they are through, nothing of it may be left on the host: no process, no
 * mount, no control group, no sandbox.
 * @param services the processes beside the servers, where they are others than all of Heddle's
 */
export function usePlatform(
  settings: NodeJS.ProcessEnv = {},
  services?: readonly ServiceDefinition[],
): PlatformUnderTest {
  jest.setTimeout(TEST_LIMIT_MS);
  const platform = new PlatformUnderTest(settings, services);
  beforeAll(() => platform.start(), PATIENCE_MS * 3);
  afterAll(() => platform.stop(), PATIENCE_MS * 3);
  return platform;
}

/** The environment of whoever runs the tests, without settings of a platform of theirs; the cache may be shared. */
export function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const shared = (name: string): boolean => !name.startsWith('HEDDLE_') || name === 'HEDDLE_CACHE_DIR';
  return Object.fromEntries(Object.entries(env).filter(([name]) => shared(name)));
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The platform of this file does not run');
  return value;
}
