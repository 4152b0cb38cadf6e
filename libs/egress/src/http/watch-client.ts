import { EgressFault } from '../routing/egress-fault.js';
import type { Exchange } from './exchange.js';
import { hasBody } from './forwarded-request.js';

/**
 * Gives a request up whose client has neither sent nor taken anything for so long, though it was its part to: others wait
 * for the same server.
 * @returns what ends the watch
 */
export function watchClient(exchange: Exchange, idleMs: number): () => void {
  const { request, response } = exchange;
  const outgoing = 'stream' in response ? response.stream : response;
  let before = -1;
  const timer = setInterval(() => {
    const isClients = (hasBody(request) && !request.readableEnded) || outgoing.writableNeedDrain;
    const moved = isClients ? exchange.record.bytes : -1;
    if (moved >= 0 && moved === before)
      exchange.giveUp(new EgressFault('FAILED', 'IDLE', 'its client was too slow while others waited for their turn'));
    before = moved;
  }, idleMs);
  timer.unref();
  return () => clearInterval(timer);
}
