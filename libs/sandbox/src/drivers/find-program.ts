import { access, constants } from 'node:fs/promises';
import { SandboxError } from '../sandbox-error.js';

/** Where programs of the system are. */
export const SEARCH_PATH = ['/usr/bin', '/bin', '/usr/local/bin'];

/** Its path. SANDBOX_UNAVAILABLE, with the package to install, where it is not there. */
export async function findProgram(name: string, packageName: string, searchPath: readonly string[]): Promise<string> {
  for (const directory of searchPath) {
    try {
      await access(`${directory}/${name}`, constants.X_OK);
      return `${directory}/${name}`;
    } catch {
      continue;
    }
  }
  throw new SandboxError(
    'SANDBOX_UNAVAILABLE',
    `The program ${name} is not installed. Install the package ${packageName}.`,
  );
}
