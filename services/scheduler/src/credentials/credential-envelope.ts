import type { CredentialEntity } from '../persistence/credential.entity.js';
import { openValue, rewrapValue, sealValue, type Envelope, type EnvelopeSubject } from '../secrets/envelope.js';
import type { KeyProvider } from '../secrets/key-provider.js';

/** What a credential's value is bound to; its name may change. */
export type CredentialHeader = Pick<CredentialEntity, 'id' | 'name' | 'kind' | 'provider' | 'baseUrl'>;

export function sealCredential(keys: KeyProvider, header: CredentialHeader, value: string): Promise<Envelope> {
  return sealValue(keys, subjectOf(header), value);
}

/** @throws HeddleError SECRET_UNREADABLE */
export function openCredential(keys: KeyProvider, row: CredentialHeader & Envelope): Promise<string> {
  return openValue(keys, subjectOf(row), row);
}

/** @throws HeddleError SECRET_UNREADABLE */
export function rewrapCredential(
  keys: KeyProvider,
  row: CredentialHeader & Envelope,
): Promise<Pick<Envelope, 'keyId' | 'wrappedKey'>> {
  return rewrapValue(keys, subjectOf(row), row);
}

/** The address is bound, so that who can write to the database cannot have the value sent to a host of his own. */
function subjectOf({ id, name, kind, provider, baseUrl }: CredentialHeader): EnvelopeSubject {
  return {
    context: JSON.stringify(['heddle credential', id, kind, provider, baseUrl]),
    label: `The credential ${name}`,
    metadata: { id, name },
  };
}
