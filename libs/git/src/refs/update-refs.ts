import { HeddleError } from '@heddle/domain';
import { isObjectId } from '../names/object-id.js';
import { isRefName } from '../names/ref-name.js';
import { GitError } from '../process/git-error.js';
import { runGit } from '../process/run-git.js';

/** One step of a transaction. `create` needs that the ref does not exist, `update` and `delete` that it is `old`. */
export type RefCommand =
  | { readonly kind: 'create'; readonly ref: string; readonly id: string }
  | { readonly kind: 'update'; readonly ref: string; readonly id: string; readonly old: string }
  | { readonly kind: 'delete'; readonly ref: string; readonly old: string };

/**
 * Applies all commands or none, each by compare-and-swap.
 * Throws `VERSION_CONFLICT` when a ref is not what the command expects.
 */
export async function updateRefs(gitDir: string, commands: readonly RefCommand[], signal?: AbortSignal): Promise<void> {
  if (commands.length === 0) return;
  const input = commands.map(line).join('');
  try {
    await runGit(['update-ref', '--no-deref', '--stdin', '-z'], { gitDir, input, signal });
  } catch (error) {
    if (
      GitError.is(error) &&
      /reference already exists|is at [0-9a-f]+ but expected|unable to resolve reference/.test(error.stderr)
    ) {
      throw new HeddleError('VERSION_CONFLICT', 'A ref of the git store has moved meanwhile.', { cause: error });
    }
    throw error;
  }
}

function line(command: RefCommand): string {
  const ids =
    command.kind === 'delete' ? [command.old] : command.kind === 'create' ? [command.id] : [command.id, command.old];
  if (!isRefName(command.ref) || !ids.every(isObjectId))
    throw new TypeError(`bad ref command for ${JSON.stringify(command.ref)}`);
  return `${command.kind} ${command.ref}\0${ids.map((id) => `${id}\0`).join('')}`;
}
