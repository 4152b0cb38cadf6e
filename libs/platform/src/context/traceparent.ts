import { randomBytes } from 'node:crypto';

const FORMAT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** True for a version-00 W3C `traceparent`; what is not one is replaced, never passed on. */
export function isTraceparent(text: string | undefined): text is string {
  return text !== undefined && FORMAT.test(text);
}

/** A new sampled trace with a new span. */
export function newTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}

/** The trace id (32 hex digits) of a `traceparent`. */
export function traceIdOf(traceparent: string): string {
  return traceparent.split('-')[1] ?? '';
}
