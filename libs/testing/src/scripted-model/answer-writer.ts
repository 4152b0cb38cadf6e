import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpAnswer } from './model-protocol.js';
import type { Fault } from './scenario.js';

/** What happens to a reply on its way. */
export type DeliveryFault = Extract<Fault, { kind: 'cut' | 'hang' | 'malformed' }>;

export interface Delivery {
  /** A streamed reply's events, or the one body of another. */
  readonly parts: readonly string[];
  readonly contentType: string;
  readonly delayMs: number;
  readonly eventDelayMs: number;
  readonly fault: DeliveryFault | undefined;
}

export function writeAnswer(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** Writes a reply, or as much of it as the fault lets through. Ends early, without an error, when the caller goes away. */
export async function deliver(response: ServerResponse, delivery: Delivery): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    await deliverUntil(response, delivery, gone.signal);
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
}

async function deliverUntil(response: ServerResponse, delivery: Delivery, signal: AbortSignal): Promise<void> {
  const { contentType, delayMs, eventDelayMs, fault } = delivery;
  await pause(delayMs, signal);
  if (fault?.kind === 'hang' && fault.from === 'start') {
    await aborted(signal);
    return;
  }
  response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-cache' });
  const parts = fault ? broken(delivery.parts, fault) : delivery.parts;
  for (const [index, part] of parts.entries()) {
    if (index > 0) await pause(eventDelayMs, signal);
    // Waits for the bytes to leave: a connection that is destroyed at once would lose them.
    await new Promise<void>((resolve) => response.write(part, () => resolve()));
  }
  if (fault?.kind === 'hang') await aborted(signal);
  else if (fault?.kind === 'cut') response.destroy();
  else response.end();
}

/** What of a reply comes through before or at the fault, which is in its middle. */
function broken(parts: readonly string[], fault: DeliveryFault): readonly string[] {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return [only.slice(0, Math.ceil(only.length / 2))];
  const middle = Math.ceil(parts.length / 2);
  if (fault.kind !== 'malformed') return parts.slice(0, middle);
  return parts.map((part, index) => (index === middle ? part.replace(/data: .*/, 'data: {"type": "broken", ') : part));
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds > 0) await sleep(milliseconds, undefined, { signal });
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
