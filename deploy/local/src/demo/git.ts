import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Settings of whoever runs the demo have no say: no hooks, no signing, no templates, a name of its own. */
const SETTINGS = [
  'user.name=Heddle demo',
  'user.email=demo@heddle.invalid',
  'commit.gpgSign=false',
  'core.hooksPath=/dev/null',
];

/** @returns what git printed, trimmed */
export async function git(directory: string, ...args: readonly string[]): Promise<string> {
  const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
  const { stdout } = await run('git', [...settings, '-C', directory, ...args], {
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' },
  });
  return stdout.trim();
}
