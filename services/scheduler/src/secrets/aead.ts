import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const TAG_BYTES = 16;
const NONCE_BYTES = 12;
export const KEY_BYTES = 32;

export interface Sealed {
  readonly nonce: Buffer;
  readonly tag: Buffer;
  readonly ciphertext: Buffer;
}

/** AES-256-GCM with a nonce of its own; `context` is bound to it and must be given again to open it. */
export function seal(key: Buffer, plain: Buffer, context: string): Sealed {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  return { nonce, tag: cipher.getAuthTag(), ciphertext };
}

/** @throws Error for anything but what `seal` made with this key and context */
export function open(key: Buffer, { nonce, tag, ciphertext }: Sealed, context: string): Buffer {
  if (nonce.length !== NONCE_BYTES) throw new Error('The nonce has another length');
  // Without the length, a tag cut to four bytes would be accepted.
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

export function joinSealed({ nonce, tag, ciphertext }: Sealed): Buffer {
  return Buffer.concat([nonce, tag, ciphertext]);
}

export function splitSealed(bytes: Buffer): Sealed {
  const body = NONCE_BYTES + TAG_BYTES;
  return {
    nonce: bytes.subarray(0, NONCE_BYTES),
    tag: bytes.subarray(NONCE_BYTES, body),
    ciphertext: bytes.subarray(body),
  };
}
