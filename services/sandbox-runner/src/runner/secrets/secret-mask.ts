import { SecretPatterns } from '@heddle/sandbox';

/** The same bytes without the values of secrets. */
export type Mask = (bytes: Buffer) => Buffer;

const HIDDEN = Buffer.from('***');

/** Hides the values in any of their forms, and each line of a value that has several: what is printed comes by lines. */
export function maskOf(values: readonly string[]): Mask {
  if (values.length === 0) return (bytes) => bytes;
  const patterns = new SecretPatterns(values.flatMap((value) => [value, ...value.split(/\r?\n/)]));
  return (bytes) => patterns.replaceIn(bytes, HIDDEN);
}

/** Where the values are not known any more, and there are some. */
export const hideAll: Mask = (bytes) => (bytes.length === 0 ? bytes : HIDDEN);

export function maskText(mask: Mask, text: string): string {
  return mask(Buffer.from(text)).toString('utf8');
}
