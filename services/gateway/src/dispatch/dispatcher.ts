import { HeddleError } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import type { RpcMethod } from '../catalog/method-catalog.js';
import { requireRole } from '../identity/require-role.js';
import type { Authenticator, Caller } from '../identity/authenticator.js';
import type { Backends } from './backends.js';
import type { CallContext, DuplexCall, IncomingCall, LocalHandlers } from './call.js';

/** The one way in behind both doors: who may, then who answers. */
export class Dispatcher {
  constructor(
    private readonly authenticator: Pick<Authenticator, 'authenticate'>,
    private readonly backends: Backends,
    private readonly local: LocalHandlers,
  ) {}

  /**
   * Decides whether the caller may make the call at all, before anything of its request is looked at.
   * @returns undefined for an open method called without a token
   * @throws HeddleError TOKEN_MISSING, TOKEN_INVALID, ROLE_REQUIRED, NOT_AVAILABLE
   */
  admit(method: RpcMethod, authorization: string | undefined): Caller | undefined {
    const caller = this.identify(method, authorization);
    if (!this.isServed(method)) {
      throw new HeddleError('NOT_AVAILABLE', `${method.name} is not available in this version`, {
        metadata: { method: method.fullName },
      });
    }
    return caller;
  }

  /** @throws HeddleError, or the ServiceError of the service behind */
  unary(call: IncomingCall): Promise<Uint8Array> {
    const context = this.context(call);
    return inContext(context, async () => {
      const handler = this.local.unary[call.method.fullName];
      return handler === undefined
        ? this.backends.unary(call.method, call.request, context)
        : handler(call.request, context);
    });
  }

  /** Resolves when the stream is open. @throws HeddleError, or the ServiceError of the service behind */
  stream(call: IncomingCall): Promise<AsyncIterable<Uint8Array>> {
    const context = this.context(call);
    return inContext(context, async () => {
      const handler = this.local.streams[call.method.fullName];
      return handler === undefined
        ? opened(this.backends.stream(call.method, call.request, context))
        : handler(call.request, context);
    });
  }

  /**
   * Resolves with the first answer: who may not has no stream, and neither has anybody whose first request is refused.
   * @throws HeddleError, or the ServiceError of the service behind
   */
  duplex(call: DuplexCall): Promise<AsyncIterable<Uint8Array>> {
    const context = this.context(call);
    return inContext(context, () => opened(this.backends.duplex(call.method, call.requests, context)));
  }

  private context(call: Omit<IncomingCall, 'request'>): CallContext {
    const { requestId, traceparent, deadline, signal } = call;
    return { caller: this.admit(call.method, call.authorization), requestId, traceparent, deadline, signal };
  }

  private identify(method: RpcMethod, authorization: string | undefined): Caller | undefined {
    if (method.open && (authorization === undefined || authorization === '')) return undefined;
    const caller = this.authenticator.authenticate(authorization);
    if (!method.open) requireRole(caller, method.role);
    return caller;
  }

  private isServed(method: RpcMethod): boolean {
    if (method.planned || (method.clientStreaming && !method.serverStreaming)) return false;
    return method.fullName in this.local.unary || method.fullName in this.local.streams || this.backends.has(method);
  }
}

/** Waits for the first message, so that an error before it is an answer and not a broken stream. */
async function opened(messages: AsyncGenerator<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const first = await messages.next();
  return (async function* () {
    try {
      if (first.done === true) return;
      yield first.value;
      yield* messages;
    } finally {
      await messages.return(undefined);
    }
  })();
}

function inContext<T>(context: CallContext, effect: () => Promise<T>): Promise<T> {
  const { caller, requestId, traceparent } = context;
  return requestContext.run(
    { requestId, traceparent, principal: caller?.principal ?? '', role: caller?.role ?? '' },
    effect,
  );
}
