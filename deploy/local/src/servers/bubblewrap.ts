import { aptInstall } from './apt.js';
import { programsNamed } from './find-binary.js';
import type { Say } from './progress.js';
import { SetupError } from './setup.error.js';

/**
 * Sandboxes need bubblewrap. It is installed where that is possible; where it is not, the platform still starts, and
 * its runner refuses to run agents.
 * @returns the program, or undefined when there is none
 */
export async function ensureBubblewrap(env: NodeJS.ProcessEnv, say: Say): Promise<string | undefined> {
  const find = (): string | undefined => programsNamed('bwrap', env, ['/usr/bin', '/usr/local/bin'])[0];
  const present = find();
  if (present !== undefined) return present;
  try {
    await aptInstall('bubblewrap', say);
    return find();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`bubblewrap is missing: no agent will be run until it is there (${error.message})`);
    return undefined;
  }
}
