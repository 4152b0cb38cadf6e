import { Readable } from 'node:stream';
import type { UpstreamResponse } from '../http/upstream-request.js';

/** What a refusal says is short. */
const MAX_BYTES = 64 * 1024;

/** An account without credit: no later moment is better. As OpenAI and Gemini say it, both with 429. */
const NO_CREDIT = /"insufficient_quota"|"billing_[a-z_]+"|"quotaId"\s*:\s*"[^"]*PerDay/;

/** Asked too often (RFC 6585), not able to for now (RFC 9110), and the latter as one provider says it. */
export function isOverload(status: number | undefined): boolean {
  return status === 429 || status === 503 || status === 529;
}

export interface RefusalAnswer {
  /** To be passed on, at any time. */
  readonly answer: UpstreamResponse;
  /** Bytes that were received of its body. */
  readonly length: number;
  /** Trying again later is worth while. */
  readonly isPassing: boolean;
}

/** Reads a refusal to its end, which frees its connection. Rejects with what breaks it. */
export async function readRefusal({ body, ...head }: UpstreamResponse): Promise<RefusalAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Destroyed where it is left early, which a refusal of such a length deserves.
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_BYTES) break;
  }
  const bytes = Buffer.concat(chunks).subarray(0, MAX_BYTES);
  const headers = Object.fromEntries(Object.entries(head.headers).filter(([name]) => name !== 'content-length'));
  const isPassing = head.headers['x-should-retry'] !== 'false' && !NO_CREDIT.test(bytes.toString('latin1'));
  return { answer: { ...head, headers, body: Readable.from([bytes]) }, length, isPassing };
}
