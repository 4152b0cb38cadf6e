import { Credential_Kind, type CreateCredentialRequest } from '@heddle/contracts';
import {
  fieldInvalid,
  FORGE_PROVIDERS,
  forgeProvider,
  isForgeProvider,
  isModelProvider,
  modelProvider,
  MODEL_PROVIDERS,
  type FieldViolation,
  type ForgeProvider,
  type ModelProvider,
} from '@heddle/domain';
import { isId } from '@heddle/platform/ids';
import { baseUrlFault, forgeUrlFault, normalBaseUrl } from './base-url.js';

/** A shorter value would be found by chance in trees and logs, where values are looked for. */
const MIN_BYTES = 8;
const MAX_BYTES = 16 * 1024;
const MAX_CONCURRENT = 100_000;

export interface CredentialRecipe {
  readonly name: string;
  readonly kind: 'MODEL' | 'GIT';
  readonly provider: ModelProvider | ForgeProvider;
  readonly baseUrl: string;
  readonly maxConcurrentAttempts: number;
}

/**
 * All faults at once, none with anything of the value.
 * @param value undefined: it stays as it is
 * @param prefix of the fields, as the caller's request has them
 * @throws HeddleError FIELD_INVALID
 */
export function validCredential(
  wanted: Pick<CreateCredentialRequest, 'name' | 'kind' | 'provider' | 'baseUrl' | 'maxConcurrentAttempts'>,
  value: string | undefined,
  privateHosts: readonly string[],
  prefix = '',
): CredentialRecipe {
  const { name, provider, maxConcurrentAttempts } = wanted;
  const violations: FieldViolation[] = [];
  const refuse = (field: string, description: string): number =>
    violations.push({ field: `${prefix}${field}`, description });
  if (!/^[A-Za-z][\w.-]{0,99}$/.test(name) || isId(name))
    refuse('name', 'must be 1 to 100 letters, digits, . _ or -, a letter first, and not look like an id');
  const kind = kindOf(wanted.kind);
  if (kind === undefined) refuse('kind', 'must be MODEL or GIT');
  const most = kind === 'GIT' ? 0 : MAX_CONCURRENT;
  if (maxConcurrentAttempts < 0 || maxConcurrentAttempts > most)
    refuse('max_concurrent_attempts', most === 0 ? 'must be 0 of kind GIT' : `must be 0 (no limit) to ${String(most)}`);
  if (value !== undefined && !isValue(value)) refuse('value', 'must be printable ASCII, 8 bytes to 16 KiB');
  const known = kind === undefined ? undefined : knownProvider(kind, provider);
  if (kind !== undefined && known === undefined) refuse('provider', `must be one of ${PROVIDERS[kind].join(', ')}`);
  const baseUrl = wanted.baseUrl || known?.publicUrl;
  const fault = baseUrl === undefined ? undefined : addressFault(kind, baseUrl, privateHosts);
  if (known !== undefined && baseUrl === undefined)
    refuse('base_url', `is required: ${known.name} says only which protocol the server speaks`);
  if (fault !== undefined) refuse('base_url', fault);
  if (violations.length > 0 || kind === undefined || known === undefined || baseUrl === undefined)
    throw fieldInvalid(violations);
  return { name, kind, provider: known.name, baseUrl: normalBaseUrl(baseUrl), maxConcurrentAttempts };
}

function addressFault(
  kind: CredentialRecipe['kind'] | undefined,
  baseUrl: string,
  privateHosts: readonly string[],
): string | undefined {
  return kind === 'GIT' ? forgeUrlFault(baseUrl) : baseUrlFault(baseUrl, privateHosts);
}

const PROVIDERS = { MODEL: Object.keys(MODEL_PROVIDERS), GIT: Object.keys(FORGE_PROVIDERS) } as const;

function kindOf(kind: Credential_Kind): CredentialRecipe['kind'] | undefined {
  if (kind === Credential_Kind.MODEL) return 'MODEL';
  return kind === Credential_Kind.GIT ? 'GIT' : undefined;
}

function knownProvider(
  kind: CredentialRecipe['kind'],
  name: string,
): { readonly name: CredentialRecipe['provider']; readonly publicUrl: string | undefined } | undefined {
  if (kind === 'GIT') return isForgeProvider(name) ? { name, publicUrl: forgeProvider(name).baseUrl } : undefined;
  return isModelProvider(name) ? { name, publicUrl: modelProvider(name).baseUrl } : undefined;
}

/** It becomes part of a header, where a line break would begin another one. */
function isValue(value: string): boolean {
  return value.length >= MIN_BYTES && value.length <= MAX_BYTES && /^[\x20-\x7e]*$/.test(value);
}
