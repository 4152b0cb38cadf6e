import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPlatform, type RunningPlatform } from '@heddle/local';
import { HeddleClient, type Batch, type TaskSpecInput } from '@heddle/sdk';
import { makeLargeRepository } from '../support/git/large-repository.js';

/** A platform of its own for the benchmark, on free ports and in a directory that goes with it. */
export class BenchPlatform {
  private small: Promise<string> | undefined;

  private constructor(
    private readonly directory: string,
    readonly running: RunningPlatform,
    readonly client: HeddleClient,
  ) {}

  static async start(say: (line: string) => void): Promise<BenchPlatform> {
    // Beside the machine's other temporary files, but open to the users that sandboxes and servers run as.
    const directory = await mkdtemp(join(tmpdir(), 'heddle-bench-'));
    await chmod(directory, 0o755);
    const running = await startPlatform({ dataDir: join(directory, 'data'), ports: { http: 0, grpc: 0 }, say });
    const client = new HeddleClient({ url: running.runJson.url, token: running.runJson.adminToken });
    return new BenchPlatform(directory, running, client);
  }

  /** Room for repositories. */
  get workDirectory(): string {
    return join(this.directory, 'work');
  }

  /** Of 200 files; the same for all who ask. */
  smallRepository(): Promise<string> {
    this.small ??= makeLargeRepository(this.workDirectory, 200).then(({ path }) => this.register('small', path));
    return this.small;
  }

  async register(name: string, path: string): Promise<string> {
    return (await this.client.repositories.create({ name, url: path })).id;
  }

  async launch(repositoryId: string, tasks: TaskSpecInput[], priority = 3): Promise<Batch> {
    return this.client.batches.create({ repositoryId, tasks, priority });
  }

  async stop(): Promise<void> {
    await this.running.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** A task whose agent is a line of shell. */
export function shellTask(script: string, more: Partial<TaskSpecInput> = {}): TaskSpecInput {
  return { prompt: 'Benchmark', agent: { kind: 'COMMAND', command: ['bash', '-c', script] }, ...more };
}
