import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { without, type Headers } from '../http/headers.js';
import { EgressFault } from '../routing/egress-fault.js';

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** What was true of the encoded body only. */
const OF_ENCODED = ['content-encoding', 'content-length', 'etag', 'content-md5', 'digest'];

/**
 * The decoders of a body that came encoded although it was asked for as it is, in the order in which they apply, and the
 * headers of what they make. Throws an EgressFault for an encoding that can't be looked into.
 */
export function decoded(headers: Headers): { readonly headers: Headers; readonly decoders: readonly Transform[] } {
  const encoding = String(headers['content-encoding'] ?? '');
  const names = encoding.split(',').map((name) => name.trim().toLowerCase());
  const layers = names.filter((name) => name !== '' && name !== 'identity').reverse();
  if (layers.length === 0) return { headers, decoders: [] };
  return { headers: without(headers, OF_ENCODED), decoders: layers.map(createDecoder) };
}

function createDecoder(name: string): Transform {
  const create = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  if (create === undefined)
    throw new EgressFault('FAILED', 'UPSTREAM_FAILED', `the answer is encoded in a way that can't be looked into`);
  return create();
}

/** A body that there is none of has no encoding either. */
export function hasAnswerBody(method: string, status: number): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 304;
}
