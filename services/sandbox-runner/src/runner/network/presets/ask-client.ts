import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { SandboxError } from '@heddle/sandbox';

const run = promisify(execFile);
const LIMIT_MS = 30_000;

/** What a client on this host says of its own configuration. EGRESS_UNAVAILABLE if it is not installed, or says nothing. */
export async function askClient(program: string, args: readonly string[]): Promise<string> {
  try {
    // Elsewhere a project's own configuration would count too.
    return (await run(program, [...args], { cwd: tmpdir(), env: process.env, timeout: LIMIT_MS, maxBuffer: 1 << 24 }))
      .stdout;
  } catch (error) {
    throw new SandboxError(
      'EGRESS_UNAVAILABLE',
      `A preset reads the hosts of ${program} from its configuration on this runner, and it can't be asked: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`,
      { cause: error },
    );
  }
}
