import { Readable } from 'node:stream';
import { keepBody, type KeptBody } from '../capacity/kept-body.js';
import type { ModelGate, Turn } from '../capacity/model-gate.js';
import { isOverload, readRefusal } from '../capacity/refusal-answer.js';
import type { CredentialLine } from '../grant/egress-grant.js';
import { retryAfterMs } from '../record/retry-after.js';
import type { EgressContext } from '../routing/egress-context.js';
import { EgressFault } from '../routing/egress-fault.js';
import type { Exchange } from './exchange.js';
import { forwardedBody, hasBody } from './forwarded-request.js';
import type { UpstreamRequest, UpstreamResponse } from './upstream-request.js';
import { watchClient } from './watch-client.js';

export interface Answered {
  readonly answer: UpstreamResponse;
  /** To be called when the answer has been passed on, or will not be. */
  readonly ended: () => void;
}

type Send = (body: UpstreamRequest['body']) => Promise<UpstreamResponse>;

/**
 * Sends a request to a model's server when it is its turn, and again in a later one where the server refused it for being
 * asked too often. The client hears of that only where waiting does not help: the body was too large to keep, the account
 * has no credit, the server refuses everything, or the time to wait is over. Rejects with an EgressFault.
 */
export async function sendInTurn(
  context: EgressContext,
  line: CredentialLine,
  exchange: Exchange,
  send: Send,
): Promise<Answered> {
  const { request } = exchange;
  const kept = hasBody(request) ? await keepBody(request, context.keepBudget) : undefined;
  try {
    return await new TurnedRequest(context, line, exchange, kept, send).run();
  } finally {
    kept?.give();
  }
}

class TurnedRequest {
  private readonly gate: ModelGate;
  private leftMs: number;
  /** Of the last try. */
  private refusal: Answered | undefined;

  constructor(
    private readonly context: EgressContext,
    { name, maxWaitMs }: CredentialLine,
    private readonly exchange: Exchange,
    private readonly kept: KeptBody | undefined,
    private readonly send: Send,
  ) {
    this.gate = context.gates.gate(name);
    this.leftMs = maxWaitMs;
  }

  async run(): Promise<Answered> {
    for (;;) {
      const turn = await this.nextTurn();
      const answered = 'refusal' in turn ? turn.refusal : await this.tryOnce(turn);
      if (answered !== undefined) return answered;
      this.exchange.again();
    }
  }

  /** Where there is none any more, the refusal that is to be passed on. */
  private async nextTurn(): Promise<Turn | { readonly refusal: Answered }> {
    const { exchange, leftMs: maxWaitMs, refusal } = this;
    const since = performance.now();
    const noteWait = (): void => {
      const waitedMs = Math.round(performance.now() - since);
      this.leftMs = Math.max(0, maxWaitMs - waitedMs);
      exchange.record.waited(waitedMs);
    };
    try {
      const { signal } = exchange;
      const turn = await this.gate.enter(this.context, { maxWaitMs, signal, isAgain: refusal !== undefined });
      noteWait();
      return turn;
    } catch (error) {
      noteWait();
      if (refusal === undefined || !(error instanceof EgressFault) || error.reason !== 'MODEL_BUSY') throw error;
      exchange.record.end(error);
      return { refusal };
    }
  }

  /** Undefined: refused, and to be tried again. */
  private async tryOnce(turn: Turn): Promise<Answered | undefined> {
    const { record } = this.exchange;
    const stopWatching = watchClient(this.exchange, this.context.limits.turnIdleMs);
    const ended = (): void => {
      stopWatching();
      turn.ended();
    };
    try {
      const answer = await this.send(this.body());
      record.answered(answer.status, answer.headers);
      if (!isOverload(answer.status)) {
        turn.accepted();
        return { answer, ended };
      }
      const refused = await this.refused(turn, answer);
      ended();
      return refused;
    } catch (error) {
      ended();
      throw error;
    }
  }

  private async refused(turn: Turn, refused: UpstreamResponse): Promise<Answered | undefined> {
    const { request, record } = this.exchange;
    const { answer, length, isPassing } = await readRefusal(refused);
    this.refusal = { answer, ended: () => undefined };
    if (!isPassing) {
      turn.accepted();
      return this.refusal;
    }
    record.paused(turn.refused(retryAfterMs(answer.headers['retry-after'])));
    const isKept = this.kept !== undefined || !hasBody(request);
    if (!isKept || this.gate.isHopeless) return this.refusal;
    record.count('received', length);
    return undefined;
  }

  private body(): UpstreamRequest['body'] {
    const { request, record } = this.exchange;
    if (!hasBody(request)) return undefined;
    const meter = record.meter('sent');
    return this.kept === undefined ? forwardedBody(request, meter) : Readable.from([this.kept.bytes]).pipe(meter);
  }
}
