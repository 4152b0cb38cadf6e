import { createHash } from 'node:crypto';
import { fieldInvalid } from '@heddle/domain';

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 200;

/**
 * How many rows a list gives.
 * @throws HeddleError FIELD_INVALID if negative; a too large one is cut
 */
export function pageSize(asked: number): number {
  if (asked < 0) throw fieldInvalid([{ field: 'page_size', description: 'must not be negative' }]);
  return asked === 0 ? DEFAULT_PAGE_SIZE : Math.min(asked, MAX_PAGE_SIZE);
}

/** An opaque token that goes on after `after`; it holds only for the same filters. */
export function encodePageToken(after: string, filters: unknown): string {
  return Buffer.from(JSON.stringify([fingerprint(filters), after])).toString('base64url');
}

/**
 * @returns what `encodePageToken` was given, or undefined for an empty token
 * @throws HeddleError FIELD_INVALID if it is not one of ours, or of a list with other filters
 */
export function decodePageToken(token: string, filters: unknown): string | undefined {
  if (token === '') return undefined;
  const parsed = parse(token);
  if (parsed === undefined || parsed[0] !== fingerprint(filters)) {
    throw fieldInvalid([{ field: 'page_token', description: 'is not a token of this list with these filters' }]);
  }
  return parsed[1];
}

function parse(token: string): [string, string] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    const pair = Array.isArray(value) ? (value as unknown[]) : [];
    return typeof pair[0] === 'string' && typeof pair[1] === 'string' ? [pair[0], pair[1]] : undefined;
  } catch {
    return undefined;
  }
}

function fingerprint(filters: unknown): string {
  return createHash('sha256').update(JSON.stringify(filters)).digest('base64url').slice(0, 16);
}
