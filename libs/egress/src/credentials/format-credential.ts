import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { EgressCredential } from '../grant/egress-grant.js';
import { MIN_VALUE_BYTES } from './echo-patterns.js';

/** The header's value. */
export function formatCredential({ format, value }: EgressCredential): string {
  return format
    .replaceAll(/\{basic:([^}]*)\}/g, (_, user: string) => Buffer.from(`${user}:${value}`).toString('base64'))
    .replaceAll('{value}', () => value);
}

/** Throws a RangeError that names the credential, never its value. */
export function checkCredential(credential: EgressCredential): void {
  const refuse = (why: string): RangeError => new RangeError(`the credential ${credential.name} ${why}`);
  if (Buffer.byteLength(credential.value) < MIN_VALUE_BYTES)
    throw refuse(`is shorter than ${String(MIN_VALUE_BYTES)} bytes`);
  if (!/\{value\}|\{basic:[^}]*\}/.test(credential.format)) throw refuse('has a format without its value');
  try {
    validateHeaderName(credential.header);
    validateHeaderValue(credential.header, formatCredential(credential));
  } catch {
    throw refuse('makes no valid header');
  }
}
