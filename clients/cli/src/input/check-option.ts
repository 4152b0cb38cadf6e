import type { CheckInput } from '@heddle/sdk';
import { usageError } from '../cli.error.js';

/** One `--check NAME=COMMAND`; the command is a line for the shell in the sandbox. Collects, as commander calls it per use. */
export function collectCheck(value: string, earlier: readonly CheckInput[] = []): CheckInput[] {
  const split = value.indexOf('=');
  const name = value.slice(0, split).trim();
  const command = value.slice(split + 1).trim();
  if (split < 1 || name === '' || command === '') {
    throw usageError(
      `--check wants NAME=COMMAND, for example --check "unit=npm test", and got ${JSON.stringify(value)}`,
    );
  }
  return [...earlier, { name, command: ['sh', '-c', command] }];
}
