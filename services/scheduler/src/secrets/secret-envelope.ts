import type { EnvironmentSecretEntity } from '../persistence/environment-secret.entity.js';
import { openValue, rewrapValue, sealValue, type Envelope, type EnvelopeSubject } from './envelope.js';
import type { KeyProvider } from './key-provider.js';

/** What is stored of a secret beside its value: whose it is, and where it may be put. */
export type SecretHeader = Pick<
  EnvironmentSecretEntity,
  'environmentId' | 'name' | 'kind' | 'hosts' | 'methods' | 'pathPrefix' | 'header' | 'format'
>;

export function sealSecret(keys: KeyProvider, header: SecretHeader, value: string): Promise<Envelope> {
  return sealValue(keys, subjectOf(header), value);
}

/** @throws HeddleError SECRET_UNREADABLE */
export function openSecret(keys: KeyProvider, row: SecretHeader & Envelope): Promise<string> {
  return openValue(keys, subjectOf(row), row);
}

/** @throws HeddleError SECRET_UNREADABLE */
export function rewrapSecret(
  keys: KeyProvider,
  row: SecretHeader & Envelope,
): Promise<Pick<Envelope, 'keyId' | 'wrappedKey'>> {
  return rewrapValue(keys, subjectOf(row), row);
}

/**
 * All of the header is bound, so that who can write to the database can neither give a value to another secret nor send it
 * to a host of his own.
 */
function subjectOf(secret: SecretHeader): EnvelopeSubject {
  const { environmentId, name, kind, hosts, methods, pathPrefix, header, format } = secret;
  return {
    context: JSON.stringify(['heddle secret', environmentId, name, kind, hosts, methods, pathPrefix, header, format]),
    label: `The secret ${name} of environment ${environmentId}`,
    metadata: { environmentId, name },
  };
}
