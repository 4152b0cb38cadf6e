import {
  SandboxError,
  type BoxUsage,
  type ProcessEnding,
  type ProcessIdentity,
  type SandboxDriver,
} from '@heddle/sandbox';

/** A driver without processes: its calls are noted, and what the host would do is told to it. */
export class FakeDriver implements SandboxDriver {
  readonly description = {
    driver: 'FAKE',
    boundary: 'NONE',
    missing: [],
    fileSystem: 'CLONE',
    fileSystemReason: undefined,
    usersPerSandbox: false,
  } as const;
  readonly attributePrefix = undefined;
  readonly calls: string[] = [];
  /** How many kills are outlived. */
  outlived = 0;
  exitCode: number | undefined;
  counted: BoxUsage = { disk: undefined };
  whole = true;
  frozen = false;
  main: ProcessIdentity | undefined;
  onTerminate: () => unknown = () => undefined;

  descriptionFor(): FakeDriver['description'] {
    return this.description;
  }

  inside(): ReturnType<SandboxDriver['inside']> {
    return { workspace: '', home: '', run: '' };
  }

  create(): Promise<void> {
    return this.note('create');
  }

  async spawn(
    ...[, , onDrained]: Parameters<SandboxDriver['spawn']>
  ): Promise<Awaited<ReturnType<SandboxDriver['spawn']>>> {
    await onDrained([]);
    await this.note('spawn');
    if (this.main === undefined) throw new SandboxError('SANDBOX_SPAWN_FAILED', 'no process was given');
    const gone = Promise.resolve();
    return { main: this.main, drainers: [], startedAt: 1, exited: gone, drained: gone };
  }

  attach(): ReturnType<SandboxDriver['attach']> {
    return Promise.reject(new SandboxError('SANDBOX_SPAWN_FAILED', 'no process was given'));
  }

  recover(): Promise<ProcessIdentity | undefined> {
    return Promise.resolve(this.main);
  }

  ending(): Promise<ProcessEnding> {
    return Promise.resolve({ exitCode: this.exitCode, signal: undefined });
  }

  terminate(): Promise<void> {
    this.onTerminate();
    return this.note('terminate');
  }

  freeze(): Promise<void> {
    return this.note('freeze');
  }

  thaw(): Promise<void> {
    return Promise.resolve();
  }

  async kill(): Promise<void> {
    await this.note('kill');
    if (this.outlived-- > 0) throw new SandboxError('SANDBOX_NOT_EMPTY', 'a process outlived SIGKILL');
  }

  isEmpty(): Promise<boolean> {
    return Promise.resolve(this.outlived <= 0);
  }

  usage(): Promise<BoxUsage> {
    return Promise.resolve(this.counted);
  }

  isFrozen(): Promise<boolean> {
    return Promise.resolve(this.frozen);
  }

  isWhole(): Promise<boolean> {
    return Promise.resolve(this.whole);
  }

  destroy(): Promise<void> {
    return this.note('destroy');
  }

  boxNames(): Promise<string[]> {
    return Promise.resolve([]);
  }

  evict(): Promise<void> {
    return this.note('evict');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private note(call: string): Promise<void> {
    this.calls.push(call);
    return Promise.resolve();
  }
}
