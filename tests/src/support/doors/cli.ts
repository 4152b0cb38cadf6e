import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { REPOSITORY_ROOT } from '@heddle/local';

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd: string;
  readonly input?: string;
}

/** The `heddle` command as a child process, connected as a user connects it: by the environment. */
export class Cli {
  constructor(
    private readonly connection:
      Readonly<Record<'HEDDLE_URL' | 'HEDDLE_TOKEN', string>> | Readonly<Record<'HEDDLE_DATA_DIR', string>>,
  ) {}

  async run(args: readonly string[], { cwd, input }: CliOptions): Promise<CliResult> {
    const child = spawn(process.execPath, [join(REPOSITORY_ROOT, 'clients/cli/bin/heddle.mjs'), ...args], {
      cwd,
      env: { PATH: process.env['PATH'], HOME: cwd, ...this.connection },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => undefined); // a command that reads no input closes it
    child.stdin.end(input ?? '');
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') };
  }

  /** The document that `--json` prints. @throws Error with what it said unless it ends with `code` */
  async json<T>(args: readonly string[], options: CliOptions, code = 0): Promise<T> {
    // What follows `--` is the agent's own command.
    const end = args.includes('--') ? args.indexOf('--') : args.length;
    const result = await this.run([...args.slice(0, end), '--json', ...args.slice(end)], options);
    if (result.code !== code)
      throw new Error(`heddle ${args.join(' ')} ended with ${String(result.code)}: ${result.stdout}${result.stderr}`);
    return JSON.parse(result.stdout) as T;
  }
}
