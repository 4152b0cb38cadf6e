import { Credential_Kind, type CreateCredentialRequest } from '@heddle/contracts';
import {
  fieldInvalid,
  HeddleError,
  isModelProvider,
  modelProvider,
  MODEL_PROVIDERS,
  type FieldViolation,
  type ModelProvider,
} from '@heddle/domain';
import { isId } from '@heddle/platform/ids';
import { baseUrlFault, normalBaseUrl } from './base-url.js';

/** A shorter value would be found by chance in trees and logs, where values are looked for. */
const MIN_BYTES = 8;
const MAX_BYTES = 16 * 1024;
const MAX_CONCURRENT = 100_000;

export interface CredentialRecipe {
  readonly name: string;
  readonly provider: ModelProvider;
  readonly baseUrl: string;
  readonly maxConcurrentAttempts: number;
}

/**
 * All faults at once, none with anything of the value.
 * @param value undefined: it stays as it is
 * @param prefix of the fields, as the caller's request has them
 * @throws HeddleError FIELD_INVALID; NOT_AVAILABLE for kind GIT
 */
export function validCredential(
  wanted: Pick<CreateCredentialRequest, 'name' | 'kind' | 'provider' | 'baseUrl' | 'maxConcurrentAttempts'>,
  value: string | undefined,
  privateHosts: readonly string[],
  prefix = '',
): CredentialRecipe {
  const { name, kind, provider, maxConcurrentAttempts } = wanted;
  if (kind === Credential_Kind.GIT)
    throw new HeddleError('NOT_AVAILABLE', 'Credentials of git remotes are not available yet; those of models are', {
      metadata: { field: `${prefix}kind`, kind },
    });
  const violations: FieldViolation[] = [];
  const refuse = (field: string, description: string): number =>
    violations.push({ field: `${prefix}${field}`, description });
  if (!/^[A-Za-z][\w.-]{0,99}$/.test(name) || isId(name))
    refuse('name', 'must be 1 to 100 letters, digits, . _ or -, a letter first, and not look like an id');
  if (kind !== Credential_Kind.MODEL) refuse('kind', 'must be MODEL');
  if (maxConcurrentAttempts < 0 || maxConcurrentAttempts > MAX_CONCURRENT)
    refuse('max_concurrent_attempts', `must be 0 (no limit) to ${String(MAX_CONCURRENT)}`);
  if (value !== undefined && !isValue(value)) refuse('value', 'must be printable ASCII, 8 bytes to 16 KiB');
  const known = isModelProvider(provider) ? provider : undefined;
  if (known === undefined) refuse('provider', `must be one of ${Object.keys(MODEL_PROVIDERS).join(', ')}`);
  const baseUrl = wanted.baseUrl || (known === undefined ? undefined : modelProvider(known).baseUrl);
  const fault = baseUrl === undefined ? undefined : baseUrlFault(baseUrl, privateHosts);
  if (known !== undefined && baseUrl === undefined)
    refuse('base_url', `is required: ${known} says only which protocol the server speaks`);
  if (fault !== undefined) refuse('base_url', fault);
  if (violations.length > 0 || known === undefined || baseUrl === undefined) throw fieldInvalid(violations);
  return { name, provider: known, baseUrl: normalBaseUrl(baseUrl), maxConcurrentAttempts };
}

/** It becomes part of a header, where a line break would begin another one. */
function isValue(value: string): boolean {
  return value.length >= MIN_BYTES && value.length <= MAX_BYTES && /^[\x20-\x7e]*$/.test(value);
}
