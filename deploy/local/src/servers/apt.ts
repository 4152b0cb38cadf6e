import { isRoot } from './directories.js';
import { timed, type Say } from './progress.js';
import { lastLines, runCommand } from '../processes/run-command.js';
import { SetupError } from './setup.error.js';

/**
 * Installs a system package as root, and says so first.
 * @throws {SetupError} COMMAND_FAILED when this is not root, there is no apt-get, or it fails
 */
export async function aptInstall(systemPackage: string, say: Say): Promise<void> {
  if (!isRoot())
    throw new SetupError(
      'COMMAND_FAILED',
      `only root can install ${systemPackage}: sudo apt-get install ${systemPackage}`,
    );
  const known = await runCommand('apt-get', ['--version']);
  if (known.code === undefined)
    throw new SetupError('COMMAND_FAILED', `${systemPackage} has to be installed by hand: there is no apt-get here`);
  say(`installing the system package ${systemPackage}: apt-get install ${systemPackage}`);
  const install = (): ReturnType<typeof runCommand> =>
    runCommand('apt-get', ['install', '--yes', '--no-install-recommends', systemPackage], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  await timed(say, `${systemPackage} installed`, async () => {
    let result = await install();
    if (result.code !== 0) {
      // A fresh machine has no package lists yet.
      await runCommand('apt-get', ['update']);
      result = await install();
    }
    if (result.code !== 0)
      throw new SetupError('COMMAND_FAILED', `apt-get install ${systemPackage} failed: ${lastLines(result.stderr, 4)}`);
  });
}
