import { ensureBubblewrap, findNats, findPostgres, findTemporal, SetupError } from '@heddle/local/servers';
import { findGitea } from '../servers/find-gitea.js';
import { findContext } from '../servers/find-context.js';

/**
 * Installs, fetches or builds what tests need and this machine lacks, once and before any test waits for it. What cannot be had
 * is said here, and again by the tests that are skipped or fail for it.
 */
export async function prepareMachine(): Promise<void> {
  const context = await findContext();
  const steps = [
    () => ensureBubblewrap(context.env, context.say),
    () => findPostgres(context),
    () => findNats(context),
    () => findTemporal(context),
    () => findGitea(context),
  ];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      context.say(error.message);
    }
  }
}
