import { execFile } from 'node:child_process';

export interface Executed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, with exactly this environment and the path. */
export async function execute(
  file: string,
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Promise<Executed> {
  const env = { PATH: process.env['PATH'] ?? '', ...options.env };
  return new Promise((resolve, reject) => {
    execFile(file, args, { ...options, env, timeout: 60_000 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number')
        reject(new Error(`${file} could not be run`, { cause: error }));
      else resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
