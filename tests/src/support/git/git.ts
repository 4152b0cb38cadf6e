import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MAX_OUTPUT = 256 * 1024 * 1024;

/** Nothing of the machine's configuration, and the same people and times on every run. */
const ENVIRONMENT = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'A. Weaver',
  GIT_AUTHOR_EMAIL: 'weaver@example.com',
  GIT_AUTHOR_DATE: '2024-01-01T00:00:00Z',
  GIT_COMMITTER_NAME: 'A. Weaver',
  GIT_COMMITTER_EMAIL: 'weaver@example.com',
  GIT_COMMITTER_DATE: '2024-01-01T00:00:00Z',
};

/** What git prints. @throws with git's own words when it fails */
export async function git(directory: string, ...args: readonly string[]): Promise<string> {
  return (await gitBytes(directory, ...args)).toString('utf8');
}

export async function gitBytes(directory: string, ...args: readonly string[]): Promise<Buffer> {
  const options = { cwd: directory, env: ENVIRONMENT, maxBuffer: MAX_OUTPUT, encoding: 'buffer' } as const;
  return (await run('git', [...args], options)).stdout;
}

/** Git with bytes on its standard input. @throws when it fails */
export async function gitWithInput(
  directory: string,
  input: string | Uint8Array,
  ...args: readonly string[]
): Promise<string> {
  const child = spawn('git', [...args], { cwd: directory, env: ENVIRONMENT, stdio: ['pipe', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return Buffer.concat(out).toString('utf8');
  throw new Error(`git ${args.join(' ')} ended with ${String(code)}: ${Buffer.concat(err).toString('utf8')}`);
}
