import { randomBytes } from 'node:crypto';
import { HeddleError } from '@heddle/domain';
import type { EnvironmentSecretEntity } from '../persistence/environment-secret.entity.js';
import { KEY_BYTES, open, seal } from './aead.js';
import { KeyRefusedError, type KeyProvider } from './key-provider.js';

/** What is stored of a secret beside its value: whose it is, and where it may be put. */
export type SecretHeader = Pick<
  EnvironmentSecretEntity,
  'environmentId' | 'name' | 'kind' | 'hosts' | 'methods' | 'pathPrefix' | 'header' | 'format'
>;

export type SecretEnvelope = Pick<EnvironmentSecretEntity, 'keyId' | 'wrappedKey' | 'nonce' | 'tag' | 'ciphertext'>;

/** Seals a value by a key of its own, and that key by the provider's. */
export async function sealSecret(keys: KeyProvider, header: SecretHeader, value: string): Promise<SecretEnvelope> {
  const dataKey = randomBytes(KEY_BYTES);
  const { keyId, wrapped } = await keys.wrap(dataKey);
  return { keyId, wrappedKey: wrapped, ...seal(dataKey, Buffer.from(value), contextOf(header)) };
}

/** @throws HeddleError SECRET_UNREADABLE where its key is gone or the row was changed */
export async function openSecret(keys: KeyProvider, row: SecretHeader & SecretEnvelope): Promise<string> {
  const dataKey = await unwrapKey(keys, row);
  try {
    return open(dataKey, row, contextOf(row)).toString('utf8');
  } catch {
    throw unreadable(row, 'what is stored of it was changed');
  }
}

/** The same value under the current key: only the wrapping changes. @throws HeddleError SECRET_UNREADABLE */
export async function rewrapSecret(
  keys: KeyProvider,
  row: SecretHeader & SecretEnvelope,
): Promise<Pick<SecretEnvelope, 'keyId' | 'wrappedKey'>> {
  const { keyId, wrapped } = await keys.wrap(await unwrapKey(keys, row));
  return { keyId, wrappedKey: wrapped };
}

async function unwrapKey(keys: KeyProvider, row: SecretHeader & SecretEnvelope): Promise<Buffer> {
  try {
    return await keys.unwrap({ keyId: row.keyId, wrapped: row.wrappedKey });
  } catch (error) {
    if (error instanceof KeyRefusedError) throw unreadable(row, error.message);
    throw error;
  }
}

/**
 * Bound to the value, so that who can write to the database can neither give a value to another secret nor send it to a
 * host of his own.
 */
function contextOf(header: SecretHeader): string {
  const { environmentId, name, kind, hosts, methods, pathPrefix, header: field, format } = header;
  return JSON.stringify(['heddle secret', environmentId, name, kind, hosts, methods, pathPrefix, field, format]);
}

function unreadable({ environmentId, name, keyId }: SecretHeader & SecretEnvelope, why: string): HeddleError {
  return new HeddleError(
    'SECRET_UNREADABLE',
    `The secret ${name} of environment ${environmentId} cannot be opened: ${why}. Set it again`,
    { metadata: { environmentId, name, keyId } },
  );
}
