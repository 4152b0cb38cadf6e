import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY_ROOT, type RunJson } from '@heddle/local';
import { PATIENCE_MS, within } from '../bounds.js';
import { RestDoor } from '../doors/rest-door.js';
import { withoutSettings } from './use-platform.js';

/** The launcher as an operator starts it: a process in the foreground. */
export class LauncherProcess {
  private output = '';
  private readonly ended: Promise<number | null>;

  private constructor(
    private readonly child: ChildProcess,
    private readonly dataDirectory: string,
  ) {
    const take = (chunk: Buffer): void => {
      this.output += chunk.toString('utf8');
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    // Not `close`: what a killed launcher leaves behind may hold its pipes.
    this.ended = once(child, 'exit').then(([code]) => code as number | null);
  }

  /** @param options `uid`: the user that it runs as, with the group of the same number */
  static start(dataDirectory: string, options: { uid?: number; env?: NodeJS.ProcessEnv } = {}): LauncherProcess {
    const command = [process.execPath, join(REPOSITORY_ROOT, 'deploy/local/dist/main.js'), 'start'];
    const uid = String(options.uid);
    if (options.uid !== undefined) command.unshift('setpriv', '--reuid', uid, '--regid', uid, '--clear-groups');
    const [program = '', ...args] = command;
    const child = spawn(program, args, {
      env: {
        ...withoutSettings(process.env),
        HEDDLE_DATA_DIR: dataDirectory,
        HEDDLE_HTTP_PORT: '0',
        HEDDLE_GRPC_PORT: '0',
        ...options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new LauncherProcess(child, dataDirectory);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get said(): string {
    return this.output;
  }

  /** Resolves when it says that everything serves. @throws Error with what it said if it ends instead */
  async up(): Promise<RunJson> {
    const serving = new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.output.includes('Heddle is up')) resolve();
      };
      this.child.stdout?.on('data', look);
      look();
    });
    const failed = this.ended.then((code) => {
      throw new Error(`The launcher ended with ${String(code)}:\n${this.output}`);
    });
    failed.catch(() => undefined); // it may end later, when nobody waits for it to serve
    await within('the launcher brings everything up', Promise.race([serving, failed]), 2 * PATIENCE_MS);
    return this.runJson();
  }

  async runJson(): Promise<RunJson> {
    return JSON.parse(await readFile(join(this.dataDirectory, 'run.json'), 'utf8')) as RunJson;
  }

  async door(): Promise<RestDoor> {
    const { url, adminToken } = await this.runJson();
    return new RestDoor(url, adminToken);
  }

  /** @returns its exit code; null when a signal ended it */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    return this.exit();
  }

  async exit(): Promise<number | null> {
    return within('the launcher ends', this.ended, 2 * PATIENCE_MS);
  }
}
