import { randomBytes } from 'node:crypto';
import { HeddleError } from '@heddle/domain';
import { KEY_BYTES, open, seal } from './aead.js';
import { KeyRefusedError, type KeyProvider } from './key-provider.js';

/** What is stored in a value's stead. */
export interface Envelope {
  /** Of the key that wraps the value's own. */
  keyId: string;
  wrappedKey: Buffer;
  nonce: Buffer;
  tag: Buffer;
  ciphertext: Buffer;
}

/** What a value belongs to. */
export interface EnvelopeSubject {
  /** Bound to the value: with another one it does not open. Whose value it is, and where it may be sent. */
  readonly context: string;
  /** In words, for who must set it again. */
  readonly label: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Seals a value by a key of its own, and that key by the provider's. */
export async function sealValue(keys: KeyProvider, { context }: EnvelopeSubject, value: string): Promise<Envelope> {
  const dataKey = randomBytes(KEY_BYTES);
  const { keyId, wrapped } = await keys.wrap(dataKey);
  return { keyId, wrappedKey: wrapped, ...seal(dataKey, Buffer.from(value), context) };
}

/** @throws HeddleError SECRET_UNREADABLE where its key is gone or the row was changed */
export async function openValue(keys: KeyProvider, subject: EnvelopeSubject, envelope: Envelope): Promise<string> {
  const dataKey = await unwrapKey(keys, subject, envelope);
  try {
    return open(dataKey, envelope, subject.context).toString('utf8');
  } catch {
    throw unreadable(subject, envelope, 'what is stored of it was changed');
  }
}

/** The same value under the current key: only the wrapping changes. @throws HeddleError SECRET_UNREADABLE */
export async function rewrapValue(
  keys: KeyProvider,
  subject: EnvelopeSubject,
  envelope: Envelope,
): Promise<Pick<Envelope, 'keyId' | 'wrappedKey'>> {
  const { keyId, wrapped } = await keys.wrap(await unwrapKey(keys, subject, envelope));
  return { keyId, wrappedKey: wrapped };
}

async function unwrapKey(keys: KeyProvider, subject: EnvelopeSubject, envelope: Envelope): Promise<Buffer> {
  try {
    return await keys.unwrap({ keyId: envelope.keyId, wrapped: envelope.wrappedKey });
  } catch (error) {
    if (error instanceof KeyRefusedError) throw unreadable(subject, envelope, error.message);
    throw error;
  }
}

function unreadable({ label, metadata }: EnvelopeSubject, { keyId }: Envelope, why: string): HeddleError {
  return new HeddleError('SECRET_UNREADABLE', `${label} cannot be opened: ${why}. Set it again`, {
    metadata: { ...metadata, keyId },
  });
}
