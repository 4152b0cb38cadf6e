/** A data key that only the provider can open again. */
export interface WrappedKey {
  readonly keyId: string;
  readonly wrapped: Buffer;
}

/**
 * Holds the keys that the secrets' own keys are wrapped by; they never leave it. Shaped like a key-management service, so
 * that one can take the file's place.
 */
export interface KeyProvider {
  /** Undefined: it has no key yet. @throws HeddleError SECRETS_KEY_UNAVAILABLE */
  currentKeyId(): Promise<string | undefined>;
  /** By the current key. @throws HeddleError SECRETS_KEY_UNAVAILABLE also where there is none */
  wrap(dataKey: Buffer): Promise<WrappedKey>;
  /** @throws KeyRefusedError where the key is unknown or the wrapped one is not what it wrapped */
  unwrap(wrapped: WrappedKey): Promise<Buffer>;
  /** Makes a new key, which is the current one from now on; the others still open what they wrapped. */
  makeCurrent(): Promise<string>;
  /** Forgets every key but the current one and those that are still needed. @returns how many */
  forgetAllBut(needed: ReadonlySet<string>): Promise<number>;
}

/** What was wrapped cannot be opened. Holds nothing of it. */
export class KeyRefusedError extends Error {
  override readonly name = 'KeyRefusedError';
}
