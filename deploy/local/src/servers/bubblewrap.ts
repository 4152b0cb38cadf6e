import { aptInstall } from './apt.js';
import { programsNamed } from './find-binary.js';
import type { Say } from './progress.js';
import { SetupError } from './setup.error.js';

/**
 * Sandboxes need bubblewrap; it is installed where that is possible.
 * @throws {SetupError} BUBBLEWRAP_MISSING: without it, agents are not run
 */
export async function ensureBubblewrap(env: NodeJS.ProcessEnv, say: Say): Promise<void> {
  const isThere = (): boolean => programsNamed('bwrap', env, ['/usr/bin', '/usr/local/bin']).length > 0;
  if (isThere()) return;
  try {
    await aptInstall('bubblewrap', say);
    if (isThere()) return;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`bubblewrap: ${error.message}`);
  }
  throw new SetupError(
    'BUBBLEWRAP_MISSING',
    'bubblewrap is missing, and no agent is run without a boundary around it.',
    [
      "sudo apt-get install bubblewrap (or your distribution's package of that name)",
      'only where agents may do what this user may: HEDDLE_SANDBOX=unsafe-host',
    ],
  );
}
