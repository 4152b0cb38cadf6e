import { z } from 'zod';

/** Text that must never be printed; never empty. */
export function secret(): z.ZodString {
  return z.string().min(1, 'must not be empty');
}

/** A TCP port; 0 lets the system choose. */
export function port(): z.ZodPipe<z.ZodCoercedNumber<string>, z.ZodNumber> {
  return z.coerce
    .number<string>({ error: 'must be a number' })
    .pipe(z.number().int('must be a whole number').min(0, 'must be 0 to 65535').max(65535, 'must be 0 to 65535'));
}

/** A whole number from `min` up. */
export function count(min = 0): z.ZodPipe<z.ZodCoercedNumber<string>, z.ZodNumber> {
  return z.coerce
    .number<string>({ error: 'must be a number' })
    .pipe(z.number().int('must be a whole number').min(min, `must be at least ${min}`));
}

/** `host:port`, an IPv6 host in brackets. */
export function address(): z.ZodString {
  return z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/, 'must be host:port');
}

/** An absolute URL with one of the given schemes (without the colon). */
export function url(...schemes: readonly string[]): z.ZodString {
  return z
    .string()
    .refine(
      (text) => isUrl(text, schemes),
      `must be a URL${schemes.length > 0 ? ` that starts with ${schemes.join(':// or ')}://` : ''}`,
    );
}

/** An absolute path of the host. */
export function absolutePath(): z.ZodString {
  return z.string().startsWith('/', 'must be an absolute path');
}

/** Words separated by commas; blanks around them and empty words are dropped. */
export function list(): z.ZodPipe<z.ZodString, z.ZodTransform<string[], string>> {
  return z.string().transform((text) =>
    text
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  );
}

function isUrl(text: string, schemes: readonly string[]): boolean {
  if (!URL.canParse(text)) return false;
  return schemes.length === 0 || schemes.includes(new URL(text).protocol.slice(0, -1));
}
