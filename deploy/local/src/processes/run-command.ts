import { spawn } from 'node:child_process';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** Milliseconds after which the command is killed. */
  readonly timeoutMs?: number;
  /** Kills the command when it comes. */
  readonly signal?: AbortSignal | undefined;
}

export interface CommandResult {
  /** undefined: the command could not be started, or was ended by a signal. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, without a shell and without input. A program that is missing is a result, not an exception. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { timeoutMs, uid, gid, cwd, env, signal } = options;
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    ...(signal === undefined ? {} : { signal, killSignal: 'SIGKILL' as const }),
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs, killSignal: 'SIGKILL' as const }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // An abort is an error before the program is gone: what counts is that it is gone.
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  return {
    code: code === null || failure !== undefined ? undefined : code,
    stdout,
    stderr: stderr || (failure?.message ?? ''),
  };
}

/** The last lines of what a program said: enough to see why it failed. */
export function lastLines(text: string, count = 12): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
