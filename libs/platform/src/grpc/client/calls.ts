import type { CallOptions, Client, Metadata, MethodDefinition } from '@grpc/grpc-js';
import { connected } from './channel.js';
import { fromServiceError } from './from-service-error.js';

export interface TypedCallOptions {
  /** From now. */
  readonly deadlineMs?: number;
  /** Cancels the call; it then rejects with `CANCELLED`. */
  readonly signal?: AbortSignal;
}

export interface CallSite {
  readonly client: Client;
  metadata(): Metadata;
  readonly options: (options: TypedCallOptions | undefined, unary: boolean) => CallOptions & { deadline?: number };
}

type Method = MethodDefinition<unknown, unknown>;

export function unaryCall(site: CallSite, method: Method) {
  return async (request: unknown, options?: TypedCallOptions): Promise<unknown> => {
    const callOptions = await onceConnected(site, options, true);
    return new Promise((resolve, reject) => {
      const call = site.client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        site.metadata(),
        callOptions,
        (error, response) => {
          release();
          if (error === null) resolve(response);
          else reject(fromServiceError(error));
        },
      );
      const release = cancelOn(options?.signal, call);
    });
  };
}

export function serverStreamCall(site: CallSite, method: Method) {
  return async function* (request: unknown, options?: TypedCallOptions): AsyncGenerator {
    const callOptions = await onceConnected(site, options, false);
    const call = site.client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      site.metadata(),
      callOptions,
    );
    const release = cancelOn(options?.signal, call);
    try {
      for await (const message of call) yield message;
    } catch (error) {
      throw fromServiceError(error);
    } finally {
      release();
      call.cancel();
    }
  };
}

export function clientStreamCall(site: CallSite, method: Method) {
  return async (requests: AsyncIterable<unknown> | Iterable<unknown>, options?: TypedCallOptions): Promise<unknown> => {
    const callOptions = await onceConnected(site, options, false);
    const { call, answer } = openClientStream(site, method, callOptions);
    const release = cancelOn(options?.signal, call);
    try {
      const sent = send(call, requests);
      // Whichever is left behind below must not count as unhandled.
      sent.catch(() => undefined);
      answer.catch(() => undefined);
      // The server may answer (mostly: refuse) before it has read everything; then nobody wants the rest.
      await Promise.race([sent, answer]);
      return await answer;
    } finally {
      release();
      call.cancel();
    }
  };
}

/** Ends with the answers; then nobody wants the rest of the requests. */
export function bidiStreamCall(site: CallSite, method: Method) {
  return async function* (
    requests: AsyncIterable<unknown> | Iterable<unknown>,
    options?: TypedCallOptions,
  ): AsyncGenerator {
    const callOptions = await onceConnected(site, options, false);
    const call = site.client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      site.metadata(),
      callOptions,
    );
    const release = cancelOn(options?.signal, call);
    send(call, requests).catch(() => call.cancel());
    try {
      for await (const message of call) yield message;
    } catch (error) {
      throw fromServiceError(error);
    } finally {
      release();
      call.cancel();
    }
  };
}

/** @returns the options of a call that may begin now */
async function onceConnected(
  { client, options: optionsOf }: CallSite,
  options: TypedCallOptions | undefined,
  unary: boolean,
): Promise<CallOptions> {
  const callOptions = optionsOf(options, unary);
  await connected(client, options?.signal, callOptions.deadline);
  return callOptions;
}

function openClientStream(site: CallSite, method: Method, callOptions: CallOptions) {
  let settle: { resolve(value: unknown): void; reject(error: Error): void } | undefined;
  const answer = new Promise<unknown>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const call = site.client.makeClientStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    site.metadata(),
    callOptions,
    (error, response) => {
      if (error === null) settle?.resolve(response);
      else settle?.reject(fromServiceError(error));
    },
  );
  return { call, answer };
}

type Sending = ReturnType<Client['makeClientStreamRequest'] | Client['makeBidiStreamRequest']>;

async function send(call: Sending, requests: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
  for await (const request of requests) {
    if (call.destroyed || call.writableEnded) return;
    if (!call.write(request)) await drained(call);
  }
  call.end();
}

function drained(call: Sending): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      call.off('drain', done).off('close', done).off('error', done).off('status', done);
      resolve();
    };
    call.on('drain', done).on('close', done).on('error', done).on('status', done);
  });
}

function cancelOn(signal: AbortSignal | undefined, call: { cancel(): void }): () => void {
  if (signal === undefined) return () => undefined;
  const cancel = () => call.cancel();
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  return () => signal.removeEventListener('abort', cancel);
}
