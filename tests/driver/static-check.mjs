import { join } from 'node:path';
import { root } from '../../deploy/local/bootstrap/root.mjs';
import { run } from '../../deploy/local/bootstrap/run.mjs';
import { oneFailed, onePassed } from './outcome.mjs';

/**
 * A check by an installed program: it passes when the program ends with 0.
 * @param {string} program as in node_modules/.bin
 * @param {string[]} args
 */
export function checked(program, args) {
  return async () => {
    const { code, output } = await run(join(root, 'node_modules', '.bin', program), args);
    return code === 0 ? onePassed() : oneFailed(output.trimEnd());
  };
}
