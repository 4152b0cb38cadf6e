import { Credential, Credential_Kind } from '@heddle/contracts';
import { fieldInvalid } from '@heddle/domain';
import type { CredentialEntity } from '../persistence/credential.entity.js';
import { validCredential, type CredentialRecipe } from './credential-violations.js';

/** Fields that an update may replace; in the spelling of an update mask. */
const FIELDS = {
  name: 'name',
  provider: 'provider',
  base_url: 'baseUrl',
  value: 'value',
  max_concurrent_attempts: 'maxConcurrentAttempts',
} as const satisfies Record<string, keyof Credential>;

type MaskPath = keyof typeof FIELDS;

const PATHS = Object.keys(FIELDS) as readonly MaskPath[];

/** Part of the resource and never changed by a request; a mask of all that was sent names them too. */
const FIXED = ['id', 'kind', 'create_time', 'update_time', 'etag', 'cooldown_end_time', 'revision'];

/**
 * What the credential is to be; the value only where it is to be another one.
 * @param mask absent: what is set
 * @throws HeddleError FIELD_INVALID, also for another place without the value: who changes where it goes must know it
 */
export function changesOf(
  row: CredentialEntity,
  wanted: Credential,
  mask: readonly string[] | undefined,
  privateHosts: readonly string[],
): { readonly recipe: CredentialRecipe; readonly value: string | undefined } {
  const paths = pathsToChange(wanted, mask);
  const changes: Partial<Credential> = Object.fromEntries(paths.map((path) => [FIELDS[path], wanted[FIELDS[path]]]));
  const { name, provider, maxConcurrentAttempts } = row;
  const before = { name, provider, maxConcurrentAttempts, kind: Credential_Kind[row.kind] };
  const value = paths.includes('value') ? (wanted.value ?? '') : undefined;
  // Another provider is found at its own public place, unless the request names one.
  const isMoved = changes.provider !== undefined && changes.provider !== row.provider;
  const next = { ...before, baseUrl: isMoved ? '' : row.baseUrl, ...changes };
  const recipe = validCredential(next, value, privateHosts, 'credential.');
  const goesElsewhere = recipe.baseUrl !== row.baseUrl || recipe.provider !== row.provider;
  if (goesElsewhere && value === undefined)
    throw fieldInvalid([
      { field: 'credential.value', description: 'is required: it must be given again where it goes to another place' },
    ]);
  return { recipe, value };
}

function pathsToChange(wanted: Credential, mask: readonly string[] | undefined): readonly MaskPath[] {
  if (mask === undefined) {
    const empty = Credential.create();
    return PATHS.filter((path) => wanted[FIELDS[path]] !== empty[FIELDS[path]]);
  }
  const unknown = mask.filter((path) => !Object.hasOwn(FIELDS, path) && !FIXED.includes(path));
  if (unknown.length > 0)
    throw fieldInvalid([
      { field: 'update_mask', description: `names what is no field of a credential: ${unknown.join(', ')}` },
    ]);
  return PATHS.filter((path) => mask.includes(path));
}
