import type { CheckpointHeader } from '@heddle/contracts/internal';
import { SECRET_IN_CHANGE } from '@heddle/domain';
import { showPath } from '@heddle/git';
import type { NamedValue } from '../secrets/sandbox-secrets.js';
import type { Mask } from '../secrets/secret-mask.js';
import type { SecretPath } from './secret-paths.js';

/** Which files of a change hold which secrets, by name; a value is in no notice, also not as part of a path. */
export function secretNotices(
  found: readonly SecretPath[],
  secrets: readonly NamedValue[],
  mask: Mask,
): CheckpointHeader['notices'] {
  return found.map(({ path, values }) => {
    const names = values.map((value) => secrets[value]?.name ?? '').join(', ');
    const message = `holds the value of the secret ${names}; until a turn removes it the change can be neither approved nor landed`;
    return { reason: SECRET_IN_CHANGE, path: showPath(mask(path)).path, message };
  });
}
